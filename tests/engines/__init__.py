"""Real engines for the suite: databases and a Redis, found or started."""
