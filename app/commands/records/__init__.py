"""What the gateway holds (records, events, jobs, lanes, dead letters), and what a person does about it."""
