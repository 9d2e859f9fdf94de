export { type Comparison, type Filter, type Literal, OPERATORS, type Operator } from './filter.js';
export { filterError, shown } from './filter-error.js';
export { parseFilter } from './parse-filter.js';
export { type OrderTerm, parseOrder } from './parse-order.js';
export { printFilter } from './print-filter.js';
