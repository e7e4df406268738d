"""The bare counterpart's statements, as one would write them by hand."""

from __future__ import annotations

LIST = """
SELECT u.id, u.name, u.kind, u.state, u.uscc, u.chair_name, u.headcount, u.members, u.founded_on, u.org_unit_id,
       u.version,
       (SELECT max(t.ends_on) FROM bare.committee_term t WHERE t.tenant_id = u.tenant_id AND t.union_id = u.id)
       AS term_ends_on
FROM bare.grassroots_union u WHERE u.tenant_id = %(tenant)s ORDER BY u.id DESC LIMIT %(limit)s
"""

DETAIL = """
SELECT u.id, u.name, u.kind, u.uscc, u.industry, u.chair_name, u.headcount, u.women_staff, u.members,
       u.women_members, u.migrant_members, u.employer_informed_on, u.preparatory_group_size,
       u.near_relatives_excluded, u.approval_no, u.founded_on, u.org_unit_id, u.state, u.version, u.created_at,
       u.changed_at,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'name', e.name, 'uscc', e.uscc)), '[]')
        FROM bare.covered_unit c JOIN bare.employer e ON e.tenant_id = c.tenant_id AND e.id = c.employer_id
        WHERE c.tenant_id = u.tenant_id AND c.union_id = u.id) AS employers,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('started_on', t.started_on, 'years', t.years,
                                                     'ends_on', t.ends_on, 'seats', t.seats)), '[]')
        FROM bare.committee_term t WHERE t.tenant_id = u.tenant_id AND t.union_id = u.id) AS committees,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', p.kind, 'number', p.number,
                                                     'dated_on', p.dated_on)), '[]')
        FROM bare.union_paper p WHERE p.tenant_id = u.tenant_id AND p.union_id = u.id) AS papers
FROM bare.grassroots_union u WHERE u.tenant_id = %(tenant)s AND u.id = %(id)s
"""

NODE = "SELECT id, path FROM bare.org_unit WHERE tenant_id = %(tenant)s AND id = %(id)s"

ADD_NODE = """
INSERT INTO bare.org_unit (tenant_id, id, parent_id, kind, name, path, valid_from)
VALUES (%(tenant)s, %(node)s, %(parent)s, 'grassroots_union', %(name)s, %(path)s, current_date)
"""

UNION_VALUES = (
    "name", "name_key", "kind", "uscc", "industry", "chair_name", "headcount", "women_staff", "members",
    "women_members", "migrant_members", "employer_informed_on", "preparatory_group_size", "near_relatives_excluded",
)  # fmt: skip

ADD_UNION = f"""
INSERT INTO bare.grassroots_union (tenant_id, id, org_unit_id, state, version, created_at, changed_at,
                                   {", ".join(UNION_VALUES)})
VALUES (%(tenant)s, %(union)s, %(node)s, 'draft', 1, %(now)s, %(now)s,
        {", ".join(f"%({name})s" for name in UNION_VALUES)})
"""

EMPLOYER = "SELECT id FROM bare.employer WHERE tenant_id = %(tenant)s AND uscc = %(uscc)s"

ADD_EMPLOYER = """
INSERT INTO bare.employer (tenant_id, id, name, name_key, uscc)
VALUES (%(tenant)s, %(id)s, %(name)s, %(name_key)s, %(uscc)s)
"""

ADD_COVERED = """
INSERT INTO bare.covered_unit (tenant_id, id, union_id, employer_id)
VALUES (%(tenant)s, %(id)s, %(union)s, %(employer)s)
"""

ADD_TERM = """
INSERT INTO bare.committee_term (tenant_id, id, union_id, started_on, years, ends_on, seats)
VALUES (%(tenant)s, %(id)s, %(union)s, %(started_on)s, %(years)s, %(ends_on)s, %(seats)s)
"""

ADD_PAPER = """
INSERT INTO bare.union_paper (tenant_id, id, union_id, kind, number, dated_on)
VALUES (%(tenant)s, %(id)s, %(union)s, %(kind)s, %(number)s, %(dated_on)s)
"""

ADD_TRANSITION = """
INSERT INTO bare.record_transition (tenant_id, id, record_type, record_id, name, to_state, effective_on,
                                    recorded_at, org_unit_id)
VALUES (%(tenant)s, %(id)s, 'organising.grassroots_union', %(union)s, 'draft', 'draft', current_date, %(now)s,
        %(node)s)
"""
