import type { Filter, Literal } from './filter.js';

/** Writes a filter so that `parseFilter` reads the same tree. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'comparison':
      return `${filter.field} ${filter.operator} ${printLiteral(filter.value)}`;
    case 'not':
      return `NOT ${printInside(filter.operand, ['comparison'])}`;
    case 'or':
      return filter.operands.map((operand) => printInside(operand, ['comparison', 'not'])).join(' OR ');
    case 'and':
      return filter.operands.map((operand) => printInside(operand, ['comparison', 'not', 'or'])).join(' AND ');
  }
}

/** In parentheses, unless it is of a kind that binds tighter than what is around it. */
function printInside(filter: Filter, tighter: readonly Filter['kind'][]): string {
  return tighter.includes(filter.kind) ? printFilter(filter) : `(${printFilter(filter)})`;
}

function printLiteral({ text, quoted }: Literal): string {
  return quoted ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : text;
}
