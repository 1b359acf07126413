"""Who goes: agencies, stations, units, referrals, assignments and response plans. Builds on `incidents`."""
