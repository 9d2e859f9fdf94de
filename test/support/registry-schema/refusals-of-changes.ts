import { appendOnly, BAD_ALIASES, badChange, badRow, badValue, long, type Refusal, SHORT_DIGEST } from './refusal.js';

const CANARY = { canary_version: '2', canary_percent: '10' };
const TRAFFIC = { kind: "'traffic'", old_version: '1' };
const BAD_PERCENTS = ['0', '100'];

/** What the schema must not take of aliases, the audit log, uploads and repeated calls. */
export const REFUSALS_OF_CHANGES: readonly Refusal[] = [
  badRow('model_alias', 'model_alias_pkey', { alias: "'production'" }),
  badRow('model_alias', 'alias_target', { version: '99' }, ['model_alias.guard_model_alias']),
  badRow('model_alias', 'model_alias_model_fkey', { model: '99' }, [
    'model_alias.guard_model_alias',
    'model_alias.alias_target',
  ]),
  ...BAD_ALIASES.map((alias) => badValue('model_alias', 'alias', alias)),
  { ...badRow('model_alias', 'guard_model_alias', { version: '4' }), says: 'version 4 of model 1 is deleted' },
  badChange(
    'model_alias',
    'guard_model_alias',
    'UPDATE registry.model_alias SET version = 4',
    'version 4 of model 1 is deleted',
  ),

  {
    ...badRow('model_alias', 'guard_alias_model', { model: '2' }),
    says: 'model 2 is deleted',
  },

  badRow('model_alias', 'alias_canary', { ...CANARY, canary_version: '99' }, ['model_alias.guard_alias_traffic']),
  badRow('model_alias', 'alias_shadow', { shadow_version: '99' }, ['model_alias.guard_alias_traffic']),
  ...BAD_PERCENTS.map((percent) =>
    badRow('model_alias', 'model_alias_canary_percent_check', { ...CANARY, canary_percent: percent }),
  ),
  badRow('model_alias', 'alias_canary_whole', { canary_version: '2' }),
  badRow('model_alias', 'alias_canary_whole', { canary_percent: '10' }),
  badRow('model_alias', 'alias_canary_other', { ...CANARY, canary_version: '1' }),
  badRow('model_alias', 'alias_shadow_other', { shadow_version: '1' }),
  badRow('model_alias', 'alias_shadow_no_canary', { ...CANARY, shadow_version: '2' }),
  {
    ...badRow('model_alias', 'guard_alias_traffic', { ...CANARY, canary_version: '4' }),
    says: 'the canary 4 of model 1 is deleted',
  },
  badChange(
    'model_alias',
    'guard_alias_traffic',
    'UPDATE registry.model_alias SET shadow_version = 4',
    'the shadow 4 of model 1 is deleted',
  ),

  badRow('alias_event', 'alias_event_pkey', { id: '1' }),
  badRow('alias_event', 'alias_event_model_fkey', { model: '99' }, ['alias_event.alias_event_new']),
  badRow('alias_event', 'alias_event_old', { old_version: '99' }),
  badRow('alias_event', 'alias_event_new', { new_version: '99' }),
  ...BAD_ALIASES.map((alias) => badValue('alias_event', 'alias', alias)),
  badValue('alias_event', 'reason', long(1024)),
  badValue('alias_event', 'actor', "''"),
  badValue('alias_event', 'kind', "'lost'"),
  badRow('alias_event', 'alias_event_target', { kind: "'delete'" }),
  badRow('alias_event', 'alias_event_target', { new_version: 'NULL' }),
  ...['old', 'new'].flatMap((when) => [
    badRow('alias_event', `alias_event_${when}_canary`, {
      ...TRAFFIC,
      [`${when}_canary_version`]: '99',
      [`${when}_canary_percent`]: '10',
    }),
    badRow('alias_event', `alias_event_${when}_shadow`, { ...TRAFFIC, [`${when}_shadow_version`]: '99' }),
    badRow('alias_event', `alias_event_${when}_canary_whole`, { ...TRAFFIC, [`${when}_canary_version`]: '2' }),
    badRow('alias_event', `alias_event_${when}_canary_whole`, { ...TRAFFIC, [`${when}_canary_percent`]: '10' }),
    ...BAD_PERCENTS.map((percent) =>
      badRow('alias_event', `alias_event_${when}_canary_percent_check`, {
        ...TRAFFIC,
        [`${when}_canary_version`]: '2',
        [`${when}_canary_percent`]: percent,
      }),
    ),
  ]),
  badRow('alias_event', 'alias_event_canary_ends', { new_canary_version: '2', new_canary_percent: '10' }),
  badRow('alias_event', 'alias_event_shadow_ends', {
    kind: "'delete'",
    new_version: 'NULL',
    new_shadow_version: '2',
  }),
  badRow('alias_event', 'alias_event_traffic_stays', { ...TRAFFIC, new_version: '2' }),
  ...appendOnly('alias_event', 'actor'),

  badRow('namespace', 'namespace_pkey', { namespace: "'default'" }),
  badValue('namespace', 'namespace', "'Upper'"),
  badValue('namespace', 'next_event', '0'),

  badRow('event', 'event_pkey', { number: '1' }),
  badRow('event', 'event_namespace_fkey', { namespace: "'gone'" }),
  badValue('event', 'number', '0'),
  badValue('event', 'method', "''"),
  badValue('event', 'resource', "''"),
  badValue('event', 'model_id', "'Upper'"),
  badValue('event', 'actor', "''"),
  badValue('event', 'reason', long(1024)),
  ...appendOnly('event', 'actor'),

  badRow('upload', 'upload_pkey', { id: "'00000000-0000-4000-8000-000000000000'" }),
  badValue('upload', 'namespace', "'Upper'"),
  badValue('upload', 'sha256', SHORT_DIGEST),
  badValue('upload', 'size_bytes', '0'),
  badValue('upload', 'part_bytes', '0'),
  badValue('upload', 'state', "'lost'"),

  badRow('idempotency', 'idempotency_pkey', { request_id: "'00000000-0000-4000-8000-000000000000'" }),
  badValue('idempotency', 'method', "''"),
  badValue('idempotency', 'fingerprint', SHORT_DIGEST),
];
