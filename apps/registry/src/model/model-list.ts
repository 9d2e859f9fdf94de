import { type ListTable, timeFilter, timeOrder } from '../list/list-table.js';
import { LABEL_KEYS } from './model-labels.js';

const LATEST_VERSION = 'm.next_version - 1';

/** What lists of models may be filtered and ordered by; rows are `model m`. */
export const MODEL_LIST: ListTable = {
  filters: {
    model_id: { kind: 'text', sql: 'm.model_id' },
    task: { kind: 'name', sql: 'm.task', names: { TASK_EXPRESSION: 'expression', TASK_FACE: 'face' } },
    description: { kind: 'text', sql: 'm.description' },
    latest_version: { kind: 'number', sql: LATEST_VERSION },
    aliases: { kind: 'set', sql: 'SELECT a.alias FROM model_alias a WHERE a.model = m.id' },
    labels: { kind: 'map', sql: 'm.labels', keys: LABEL_KEYS },
    create_time: timeFilter('m.create_time'),
    update_time: timeFilter('m.update_time'),
  },
  orders: {
    model_id: { kind: 'text', sql: 'm.model_id' },
    latest_version: { kind: 'number', sql: LATEST_VERSION },
    create_time: timeOrder('m.create_time'),
    update_time: timeOrder('m.update_time'),
  },
  own: { field: 'model_id', descending: false },
};
