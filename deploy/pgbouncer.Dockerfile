# PgBouncer as Debian builds it, which is the one that the tests run.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends pgbouncer \
    && rm -rf /var/lib/apt/lists/* \
    && chown -R postgres /etc/pgbouncer
COPY deploy/pgbouncer.ini /etc/pgbouncer/pgbouncer.ini
USER postgres
# The password is a setting, not part of the image.
CMD ["sh", "-c", "umask 077 && printf '\"siaga\" \"%s\"\\n' \"$POSTGRES_PASSWORD\" > /etc/pgbouncer/userlist.txt && exec pgbouncer /etc/pgbouncer/pgbouncer.ini"]
