"""What script/server, script/manage and script/test are made of: the account, the folders, PostgreSQL, Redis, the processes.
Standard library only, and nothing of Siaga's own domain: it must run before Django can."""
