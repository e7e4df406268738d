"""Functions that write staged rows and ask once, not for each row, whether what they refer to is there."""

from alembic import op

from gonghui.db import policies

revision = "core_0021"
down_revision = "core_0020"

#: Those that the application calls, and those by which they do their work.
_CALLED = ("open_stage(jsonb)", "insert_staged(jsonb)")
_WITHIN = (
    "require_own_stage()",
    "require_target(regclass)",
    "references_by_set(regclass)",
    "check_references(regclass, text, jsonb, jsonb, text[])",
)


def upgrade() -> None:
    for statement in (_OPEN, _STAGE, _TARGET, _BY_SET, _CHECK, _INSERT):
        op.execute(statement)
    # As long as their path was empty, functions that run as their owner found temporary objects of the caller's first.
    op.execute(_PATHS.format(path="pg_catalog, pg_temp", wanted='search_path=""'))
    for function in (*_CALLED, *_WITHIN):
        op.execute(f"REVOKE ALL ON FUNCTION core.{function} FROM PUBLIC")
    for function in _CALLED:
        op.execute(f"GRANT EXECUTE ON FUNCTION core.{function} TO {policies.APP}")
    # Whoever comes to own a function must be allowed to create there; at this moment alone.
    op.execute(f"GRANT CREATE ON SCHEMA core TO {policies.LOADER}")
    for function in (*_CALLED, *_WITHIN):
        op.execute(f"ALTER FUNCTION core.{function} OWNER TO {policies.LOADER}")
    op.execute(f"REVOKE CREATE ON SCHEMA core FROM {policies.LOADER}")


def downgrade() -> None:
    for function in reversed((*_WITHIN, *_CALLED)):
        op.execute(f"DROP FUNCTION core.{function}")
    op.execute(_PATHS.format(path="''" * 2, wanted="search_path=pg_catalog, pg_temp"))


_PATHS = """
DO $$
DECLARE
    name regprocedure;
BEGIN
    FOR name IN
        SELECT p.oid FROM pg_catalog.pg_proc p
        WHERE p.pronamespace = 'core'::regnamespace AND p.prosecdef AND p.proconfig = ARRAY['{wanted}']
    LOOP
        EXECUTE 'ALTER FUNCTION ' || name || ' SET search_path = {path}';
    END LOOP;
END
$$
"""

#: Makes the stage, with columns `[name, type]`, for the rest of the transaction. It belongs to the owner of the
#: function, so that nobody hangs anything on it that would run as that owner.
_OPEN = """
CREATE FUNCTION core.open_stage(columns jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    listed text;
BEGIN
    SELECT string_agg(format('%I pg_catalog.%I', c ->> 0, c ->> 1), ', ' ORDER BY place) INTO listed
    FROM jsonb_array_elements(columns) WITH ORDINALITY AS t (c, place)
    WHERE c ->> 1 IN ('uuid', 'int8', 'bool', 'date', 'bytea', 'text');
    DROP TABLE IF EXISTS pg_temp.bundle_stage;
    EXECUTE format('CREATE TEMP TABLE bundle_stage (%s) ON COMMIT DROP', listed);
    GRANT SELECT, INSERT, TRUNCATE ON pg_temp.bundle_stage TO gonghui_app;
END
$$
"""

_STAGE = """
CREATE FUNCTION core.require_own_stage() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_class c
        WHERE c.oid = 'pg_temp.bundle_stage'::regclass AND c.relkind = 'r' AND c.relowner = current_user::regrole
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the stage is not the one that open_stage makes';
    END IF;
END
$$
"""

#: Staged rows go into lasting tables of ours: a view or a table of the caller's could run code, or lead past a check.
_TARGET = """
CREATE FUNCTION core.require_target(target regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_class c
        WHERE c.oid = target AND c.relkind = 'r' AND c.relpersistence = 'p'
            AND c.relowner = 'gonghui_owner'::regrole
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = format('staged rows do not go into %s', target);
    END IF;
END
$$
"""

#: Whether the references of a table can be asked for by set: there is no other trigger to be passed by, the keys are
#: of the common kind, the rows that they mean may be locked, and each question sees what others have committed. Where
#: it cannot be, the database checks row by row as ever.
_BY_SET = """
CREATE FUNCTION core.references_by_set(target regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT has_parameter_privilege('session_replication_role', 'SET')
        AND current_setting('session_replication_role') = 'origin'
        AND current_setting('transaction_isolation') = 'read committed'
        AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = target AND NOT t.tgisinternal)
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = target AND c.condeferrable)
        AND NOT EXISTS (
            SELECT FROM pg_constraint c
            WHERE c.conrelid = target AND c.contype = 'f' AND (
                c.confmatchtype <> 's'
                OR coalesce((to_jsonb(c) ->> 'conperiod')::boolean, false)
                OR NOT has_any_column_privilege(c.confrelid, 'UPDATE')
                OR EXISTS (
                    SELECT FROM pg_attribute a
                    WHERE a.attrelid = target AND a.attnum = ANY (c.conkey) AND a.atthasdef
                )
            )
        )
$$
"""

#: What the trigger of a foreign key asks of each row, asked once of each value: that the row which it means is there;
#: it is held against deletion until the end of the transaction. A row that the same staged row brought in is left out.
#: `told` says with which expression over the stage each column was filled, `brought` the same of earlier tables, and
#: under "" where they got a row. `asked` are questions that were asked before; they come back with those of this table.
_CHECK = """
CREATE FUNCTION core.check_references(target regclass, filled text, told jsonb, brought jsonb, asked text[])
RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key record;
    question text;
    missing int;
BEGIN
    FOR key IN
        SELECT c.conname AS name, r.means, brought -> r.means ->> '' AS is_brought,
            string_agg(p.own, ', ') FILTER (WHERE p.own LIKE 's.%') AS own,
            string_agg(format('p.%I = %s', p.meant, p.own), ' AND ') AS same,
            string_agg(p.own || ' IS NOT NULL', ' AND ') AS given,
            string_agg(format('%s IS DISTINCT FROM %s', p.own, coalesce(p.other, 'NULL')), ' OR ')
                FILTER (WHERE p.own IS DISTINCT FROM p.other) AS differs
        FROM pg_constraint c
        CROSS JOIN LATERAL (SELECT c.confrelid::regclass::text) AS r (means)
        CROSS JOIN LATERAL (
            SELECT told ->> a.attname, b.attname, brought -> r.means ->> b.attname
            FROM unnest(c.conkey, c.confkey) AS pair (own, meant)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = pair.own
            JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = pair.meant
        ) AS p (own, meant, other)
        WHERE c.conrelid = target AND c.contype = 'f'
        GROUP BY c.oid, c.conname, r.means
        HAVING bool_and(coalesce(p.own, 'NULL') <> 'NULL')
    LOOP
        question := format(
            'SELECT 1 FROM (SELECT DISTINCT %s FROM pg_temp.bundle_stage s WHERE %s) s '
            'WHERE NOT EXISTS (SELECT FROM %s p WHERE %s FOR KEY SHARE) LIMIT 1',
            concat_ws(', ', '1 AS one', key.own),
            concat_ws(' AND ', filled, key.given, '(' || concat_ws(' OR ', key.differs, 'NOT ' || key.is_brought) || ')'),
            key.means, key.same
        );
        CONTINUE WHEN question = ANY (asked);
        EXECUTE question INTO missing;
        asked := asked || question;
        IF missing IS NOT NULL THEN
            RAISE foreign_key_violation USING CONSTRAINT = key.name, MESSAGE = format(
                'insert on table %s violates foreign key constraint "%s"', target, key.name);
        END IF;
    END LOOP;
    RETURN asked;
END
$$
"""

#: Writes the rows of the stage into tables, in the order of `parts`: each with the `target`, the `staged` column of the
#: stage for each of its own (a row is one where that of `id` is filled) and what is `fixed` in others. The owner may
#: write what the caller may, and besides leave out the triggers of foreign keys, in place of which it asks by set; they
#: take a third of the time. All else holds: policies, other keys, checks.
_INSERT = """
CREATE FUNCTION core.insert_staged(parts jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part record;
    by_set boolean;
    brought jsonb := '{}';
    asked text[] := '{}';
    staged bigint;
    written bigint;
BEGIN
    PERFORM core.require_own_stage();
    SELECT count(*) INTO staged FROM pg_temp.bundle_stage;
    FOR part IN
        SELECT p.target::regclass AS target, format('s.%I IS NOT NULL', p.staged ->> 'id') AS filled,
            (SELECT coalesce(jsonb_object_agg(key, quote_nullable(value)), '{}') FROM jsonb_each_text(p.fixed))
            || (SELECT jsonb_object_agg(key, format('s.%I', value)) FROM jsonb_each_text(p.staged)) AS told
        FROM ROWS FROM (jsonb_to_recordset(parts) AS (target text, staged jsonb, fixed jsonb)) WITH ORDINALITY
            AS p (target, staged, fixed, place)
        ORDER BY p.place
    LOOP
        PERFORM core.require_target(part.target);
        by_set := core.references_by_set(part.target);
        IF by_set THEN
            PERFORM set_config('session_replication_role', 'replica', true);
        END IF;
        EXECUTE (
            SELECT format('INSERT INTO %s (%s) SELECT %s FROM pg_temp.bundle_stage s WHERE %s', part.target,
                string_agg(format('%I', key), ', '), string_agg(value, ', '), part.filled)
            FROM jsonb_each_text(part.told)
        );
        GET DIAGNOSTICS written = ROW_COUNT;
        IF by_set THEN
            PERFORM set_config('session_replication_role', 'origin', true);
            asked := core.check_references(
                part.target, CASE WHEN written < staged THEN part.filled END, part.told, brought, asked
            );
        END IF;
        brought := brought || jsonb_build_object(
            part.target::text, part.told || jsonb_build_object('', '(' || part.filled || ')'));
    END LOOP;
END
$$
"""
