"""The job table: how a changed record becomes a job, how a job is claimed, how events end."""
