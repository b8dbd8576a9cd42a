"""What every resource of the REST API uses: keys and rights, problem documents, pages, the OpenAPI document."""
