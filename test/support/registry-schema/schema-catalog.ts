import { query } from '../test-database.js';

/** Something that refuses rows: a constraint, a unique index without one, or a trigger. */
export interface Guard {
  readonly table: string;
  readonly name: string;
  readonly kind: 'constraint' | 'index' | 'trigger';
}

// Not NULLs are told with their columns.
const GUARDS = `
  SELECT relname AS table, conname AS name, 'constraint' AS kind
    FROM pg_constraint JOIN pg_class t ON t.oid = conrelid WHERE connamespace = $1::regnamespace AND contype <> 'n'
  UNION ALL
  SELECT t.relname, i.relname, 'index'
    FROM pg_index JOIN pg_class t ON t.oid = indrelid JOIN pg_class i ON i.oid = indexrelid
    WHERE t.relnamespace = $1::regnamespace AND indisunique
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)
  UNION ALL
  SELECT relname, tgname, 'trigger'
    FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid WHERE relnamespace = $1::regnamespace AND NOT tgisinternal
  ORDER BY 1, 3, 2`;

const LINES = `
  WITH tables AS (SELECT oid, relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p'))
  SELECT line FROM (
    SELECT relname, 0 AS rank, '' AS name, 'table ' || relname AS line FROM tables
    UNION ALL
    SELECT relname, 1, lpad(attnum::text, 4, '0'), concat_ws(' ', '  column', attname, format_type(atttypid, atttypmod),
        CASE WHEN attnotnull THEN 'not null' END, CASE attidentity WHEN 'a' THEN 'generated always' WHEN 'd' THEN 'generated' END,
        'default ' || pg_get_expr(adbin, adrelid))
      FROM tables JOIN pg_attribute ON attrelid = tables.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT relname, 2, conname, '  constraint ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
      FROM tables JOIN pg_constraint ON conrelid = tables.oid WHERE contype <> 'n'
    UNION ALL
    SELECT tables.relname, 3, i.relname, '  ' || replace(pg_get_indexdef(i.oid), 'CREATE ', '')
      FROM tables JOIN pg_index ON indrelid = tables.oid JOIN pg_class i ON i.oid = indexrelid
    UNION ALL
    SELECT relname, 4, tgname, '  ' || replace(pg_get_triggerdef(pg_trigger.oid), 'CREATE TRIGGER', 'trigger')
        || CASE tgenabled WHEN 'O' THEN '' ELSE ' (disabled)' END
      FROM tables JOIN pg_trigger ON tgrelid = tables.oid WHERE NOT tgisinternal
    UNION ALL
    SELECT relname, 5, grantee::regrole::text, concat_ws(' ', '  grant to', grantee::regrole, string_agg(privilege_type, ', ' ORDER BY privilege_type))
      FROM tables JOIN pg_class USING (oid, relname) CROSS JOIN aclexplode(relacl) WHERE grantee <> relowner GROUP BY relname, grantee
    UNION ALL
    SELECT relname, 6, attname, concat_ws(' ', '  grant of column', attname, 'to', grantee::regrole, privilege_type)
      FROM tables JOIN pg_attribute ON attrelid = tables.oid CROSS JOIN aclexplode(attacl)
    UNION ALL
    SELECT '~', 7, proname, concat('function ', proname, '(', pg_get_function_identity_arguments(oid), ')')
      FROM pg_proc WHERE pronamespace = $1::regnamespace
  ) AS lines ORDER BY relname::text COLLATE "C", rank, name COLLATE "C"`;

/** Everything of a schema that refuses rows, by table. */
export function guardsOf(url: string, schema: string): Promise<Guard[]> {
  return query<Guard>(url, GUARDS, [schema]);
}

/** A schema as text, one line for each table, column, constraint, index, trigger, grant and function, in an order of its own. */
export async function describeSchema(url: string, schema: string): Promise<string> {
  const rows = await query<{ line: string }>(url, LINES, [schema]);
  return `${rows.map(({ line }) => line).join('\n')}\n`;
}
