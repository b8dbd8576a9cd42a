# One image for `serve`, `worker` and `migrate`.
#   make image     builds it on the base's digest of today, where the registry can be asked for it
#   docker run -e DATABASE_URL=… -e REDIS_URL=… -p 8080:8080 ongoing-gateway serve

# The base with its digest: python:3.11-slim@sha256:…. `make image` fills it.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements-build.lock ./
RUN pip install --quiet --require-hashes -r requirements-build.lock
# The dependencies before the code: they change seldom, and this layer is kept until they do.
COPY requirements.lock ./
RUN python -m venv /opt/gateway \
 && /opt/gateway/bin/pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY app ./app
RUN pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir /wheels . \
 && /opt/gateway/bin/pip install --quiet --no-deps --no-index /wheels/*.whl \
 && /opt/gateway/bin/python -m compileall -q /opt/gateway/lib

FROM ${BASE}
ARG BASE
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ongoing-gateway" \
      org.opencontainers.image.description="An open gateway between web shops, ERPs and the Ongoing WMS warehouse system" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
COPY --from=build /opt/gateway /opt/gateway
# GATEWAY_HOST: inside a container loopback reaches nobody.
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GATEWAY_HOST=0.0.0.0 \
    GATEWAY_PORT=8080 \
    GATEWAY_METRICS_PORT=9091 \
    GATEWAY_WORKER_METRICS_PORT=9091
RUN useradd --uid 10001 --user-group --home-dir /var/lib/gateway --create-home --shell /usr/sbin/nologin gateway
USER gateway
WORKDIR /var/lib/gateway
EXPOSE 8080 9091
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 CMD ["python", "-m", "app.processes.healthcheck"]
ENTRYPOINT ["gateway"]
CMD ["serve"]
