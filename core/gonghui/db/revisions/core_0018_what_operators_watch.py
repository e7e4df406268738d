"""Two functions by which an operator with a live key sees how the platform fares, and nothing of what tenants hold."""

from alembic import op

from gonghui.db import policies

revision = "core_0018"
down_revision = "core_0017"

_TABLES = ("outbox_event", "event_delivery", "audit_entry", "audit_seal", "audit_progress", "audit_head")
_FUNCTIONS = ("platform_tenants(text, text, int)", "platform_lag(text)")


def upgrade() -> None:
    for table in _TABLES:
        op.execute(f"CREATE POLICY watch ON core.{table} FOR SELECT TO {policies.OWNER} USING (true)")
    op.execute(_TENANTS)
    op.execute(_LAG)
    for function in _FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION core.{function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION core.{function} TO {policies.APP}")


def downgrade() -> None:
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION core.{function}")
    for table in _TABLES:
        op.execute(f"DROP POLICY watch ON core.{table}")


#: Tenants by code, with their addresses, what they have on, and how many deliveries were given up.
_TENANTS = """
CREATE FUNCTION core.platform_tenants(key_hash text, after text, many int)
RETURNS TABLE (
    code text, name text, jurisdiction text, is_demo boolean, created_at timestamptz, hosts text[], plugins text[],
    dead bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
    SELECT t.code, t.name, t.jurisdiction, t.is_demo, t.created_at,
        ARRAY(SELECT h.host FROM core.tenant_host h WHERE h.tenant_id = t.id ORDER BY h.host),
        ARRAY(
            SELECT s.plugin FROM core.plugin_switch s
            WHERE s.tenant_id = t.id AND s.is_on AND s.is_planned ORDER BY s.plugin
        ),
        (SELECT count(*) FROM core.event_delivery d WHERE d.tenant_id = t.id AND d.state = 'dead')
    FROM core.tenant t
    WHERE t.code > after AND EXISTS (
        SELECT FROM core.operator_key k
        WHERE k.secret_hash = key_hash AND k.revoked_at IS NULL AND k.expires_at > now()
    )
    ORDER BY t.code LIMIT many
$$
"""

#: What waits longest and how much was given up, over all tenants; no row for a key that nobody has.
_LAG = """
CREATE FUNCTION core.platform_lag(key_hash text)
RETURNS TABLE (
    database_bytes bigint, tenants bigint, dead bigint, unrelayed bigint, unrelayed_since timestamptz,
    undelivered bigint, undelivered_since timestamptz, unsealed bigint, unsealed_since timestamptz,
    signed_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
    SELECT pg_catalog.pg_database_size(pg_catalog.current_database()),
        (SELECT count(*) FROM core.tenant),
        (SELECT count(*) FROM core.event_delivery WHERE state = 'dead'),
        fresh.number, fresh.since, waiting.number, waiting.since, unsealed.number, unsealed.since,
        (SELECT min(latest) FROM (SELECT max(at) AS latest FROM core.audit_head GROUP BY tenant_id) heads)
    FROM
        (SELECT count(*) AS number, min(due_at) AS since FROM core.outbox_event
         WHERE relayed_at IS NULL AND due_at <= now()) fresh,
        (SELECT count(*) AS number, min(due_at) AS since FROM core.event_delivery
         WHERE state = 'waiting' AND due_at <= now()) waiting,
        (SELECT count(*) AS number, min(e.at) AS since
         FROM core.tenant t LEFT JOIN core.audit_progress p ON p.tenant_id = t.id
         JOIN core.audit_entry e ON e.tenant_id = t.id AND e.number > coalesce(p.floor, 0)
         WHERE NOT EXISTS (
            SELECT FROM core.audit_seal s WHERE s.tenant_id = e.tenant_id AND s.entry_id = e.id
         )) unsealed
    WHERE EXISTS (
        SELECT FROM core.operator_key k
        WHERE k.secret_hash = key_hash AND k.revoked_at IS NULL AND k.expires_at > now()
    )
$$
"""
