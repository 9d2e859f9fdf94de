import { type Comparison, type Filter, filterError, OPERATORS, type Operator, shown } from '@resmask/list-filter';
import type { FilterField } from './list-table.js';
import { readName, readNumber, readTime } from './read-literal.js';
import type { SqlValues } from './sql-values.js';
import { hasKeySql, tagSql } from './tag-sql.js';

type Fields = Readonly<Record<string, FilterField>>;

const ORDERED = OPERATORS.filter((operator) => operator !== ':');
const ALLOWED: Readonly<Record<FilterField['kind'], readonly Operator[]>> = {
  text: OPERATORS,
  number: ORDERED,
  time: ORDERED,
  name: ['=', '!='],
  set: [':'],
  map: [':'],
};

/** A filter as a condition, never null. @throws DomainError FIELD_INVALID for fields that are not there and values that do not fit. */
export function filterSql(filter: Filter, fields: Fields, values: SqlValues): string {
  switch (filter.kind) {
    case 'comparison':
      return comparisonSql(filter, fields, values);
    case 'not':
      return `(NOT ${filterSql(filter.operand, fields, values)})`;
    default: {
      const operands = filter.operands.map((operand) => filterSql(operand, fields, values));
      return `(${operands.join(filter.kind === 'and' ? ' AND ' : ' OR ')})`;
    }
  }
}

function comparisonSql(comparison: Comparison, fields: Fields, values: SqlValues): string {
  const { field: name } = comparison;
  if (Object.hasOwn(fields, name)) return `(${fieldSql(comparison, fields[name], values)})`;
  const dot = name.indexOf('.');
  const prefix = name.slice(0, Math.max(dot, 0));
  const map = Object.hasOwn(fields, prefix) ? fields[prefix] : undefined;
  if (map?.kind === 'map') return `(${tagSql(map, name.slice(dot + 1), comparison, values)})`;
  throw filterError(shown(name), comparison.fieldAt, `allowed are ${fieldNames(fields)}`);
}

function fieldNames(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, { kind }]) => (kind === 'map' ? `${name}.NAME` : name))
    .join(', ');
}

function fieldSql(comparison: Comparison, field: FilterField, values: SqlValues): string {
  const { operator, value } = comparison;
  expectOperator(comparison, ALLOWED[field.kind]);
  switch (field.kind) {
    case 'text': {
      const text = values.add(value.text, 'text');
      return operator === ':' ? `strpos(lower(${field.sql}), lower(${text})) > 0` : `${field.sql} ${operator} ${text}`;
    }
    case 'number':
      return `${field.sql} ${operator} ${values.add(readNumber(comparison), 'float8')}`;
    case 'time':
      return `${field.sql} ${operator} ${values.add(readTime(comparison), 'timestamptz')}`;
    case 'name':
      return `${field.sql} ${operator} ${values.add(readName(comparison, field.names), 'text')}`;
    case 'set':
      return `${values.add(value.text, 'text')} IN (${field.sql})`;
    case 'map':
      return hasKeySql(field, comparison, values);
  }
}

function expectOperator({ field, operator, fieldAt }: Comparison, allowed: readonly Operator[]): void {
  if (!allowed.includes(operator))
    throw filterError(`${field} with ${operator}`, fieldAt, `the operators of ${field} are ${allowed.join(' ')}`);
}
