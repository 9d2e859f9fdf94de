import { type FilterField, type ListTable, timeFilter, timeOrder } from '../list/list-table.js';
import { TAG_KEYS } from './version-facts.js';

const STATES = { STATE_READY: 'ready', STATE_ARCHIVED: 'archived', STATE_DELETED: 'deleted' };
const ALIASES = 'SELECT a.alias FROM model_alias a WHERE (a.model, a.version) = (v.model, v.version)';
const SIZE = `(SELECT coalesce(sum(b.size_bytes), 0)::bigint FROM version_file f JOIN artifact_blob b ON b.sha256 = f.sha256
  WHERE (f.model, f.version) = (v.model, v.version))`;

/** What lists of versions may be filtered and ordered by; rows are `model_version v`. */
export const VERSION_LIST: ListTable = {
  filters: {
    version: { kind: 'number', sql: 'v.version' },
    state: { kind: 'name', sql: 'v.state', names: STATES },
    kind: { kind: 'name', sql: 'v.kind', names: { single: 'single', ensemble: 'ensemble' } },
    architecture: { kind: 'text', sql: 'v.architecture' },
    parameter_count: { kind: 'number', sql: 'v.parameter_count' },
    size_bytes: { kind: 'number', sql: SIZE },
    digest: { kind: 'text', sql: `encode(v.digest, 'hex')` },
    description: { kind: 'text', sql: 'v.description' },
    licence: { kind: 'text', sql: 'v.licence' },
    'lineage.code_revision': lineage('codeRevision'),
    'lineage.training_data_digest': lineage('trainingDataDigest'),
    'lineage.parent_version': lineage('parentVersion'),
    aliases: { kind: 'set', sql: ALIASES },
    tags: { kind: 'map', sql: 'v.tags', keys: TAG_KEYS },
    create_time: timeFilter('v.create_time'),
    update_time: timeFilter('v.update_time'),
  },
  orders: {
    version: { kind: 'number', sql: 'v.version' },
    architecture: { kind: 'text', sql: 'v.architecture' },
    parameter_count: { kind: 'number', sql: 'v.parameter_count' },
    size_bytes: { kind: 'number', sql: SIZE },
    create_time: timeOrder('v.create_time'),
    update_time: timeOrder('v.update_time'),
  },
  own: { field: 'version', descending: true },
};

function lineage(key: string): FilterField {
  return { kind: 'text', sql: `coalesce(v.lineage ->> '${key}', '')` };
}
