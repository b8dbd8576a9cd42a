"""What every part of the engine stands on: the runtime, the wake-up queue, leases, circuit breakers, failpoints."""
