import { appendOnly, BAD_ALIASES, badRow, badValue, long, type Refusal, SHORT_DIGEST } from './refusal.js';

/** What evaluations and comparisons have in common. */
function measured(table: string, noSamples: Readonly<Record<string, string>>): Refusal[] {
  return [
    badRow(table, `${table}_pkey`, { id: '1' }),
    badRow(table, `${table}_model_version_fkey`, { version: '99' }),
    badValue(table, 'dataset', "''"),
    badValue(table, 'dataset_digest', SHORT_DIGEST),
    badValue(table, 'split', "'some'"),
    badValue(table, 'protocol_digest', SHORT_DIGEST),
    badValue(table, 'predictions_digest', SHORT_DIGEST),
    badRow(table, `${table}_sample_count_check`, { sample_count: '0', ...noSamples }),
    badValue(table, 'recorder', "''"),
    ...appendOnly(table, 'recorder'),
  ];
}

/** What the schema must not take of evaluations, comparisons, approvals and gates. */
export const REFUSALS_OF_FACTS: readonly Refusal[] = [
  ...measured('evaluation_record', { correct_count: '0' }),
  badValue('evaluation_record', 'run', long(255)),
  badValue('evaluation_record', 'metrics', "'[]'"),
  badRow('evaluation_record', 'evaluation_counts', { correct_count: '11' }),
  badRow('evaluation_record', 'evaluation_counts', { correct_count: '-1' }),

  ...measured('comparison_record', { only_version_correct_count: '0', only_baseline_correct_count: '0' }),
  badValue('comparison_record', 'baseline_predictions_digest', SHORT_DIGEST),
  badValue('comparison_record', 'only_version_correct_count', '-1'),
  badValue('comparison_record', 'only_baseline_correct_count', '-1'),
  badRow('comparison_record', 'comparison_counts', {
    only_version_correct_count: '6',
    only_baseline_correct_count: '5',
  }),
  badRow('comparison_record', 'comparison_of_two', { baseline_version: '1' }),
  badRow('comparison_record', 'comparison_record_baseline_model_baseline_version_fkey', { baseline_version: '99' }),

  badRow('approval', 'approval_pkey', { id: '1' }),
  badRow('approval', 'approval_once', { alias: "'production'" }),
  badRow('approval', 'approval_model_version_fkey', { version: '99' }),
  badValue('approval', 'approver', "''"),
  ...BAD_ALIASES.map((alias) => badValue('approval', 'alias', alias)),
  {
    ...badRow('approval', 'guard_approver', { approver: "'unknown'" }),
    says: 'unknown has published version 1 of model 1',
  },
  badValue('approval', 'comment', long(1024)),
  ...appendOnly('approval', 'approver'),

  badRow('gate_policy', 'gate_policy_pkey', { alias: "'production'" }),
  badRow('gate_policy', 'gate_policy_model_fkey', { model: '99' }),
  badValue('gate_policy', 'alias', "'latest'"),
  badValue('gate_policy', 'rules', "'{}'"),

  badRow('gate_result', 'gate_result_pkey', { id: '1' }),
  badRow('gate_result', 'gate_result_model_version_fkey', { version: '99' }),
  ...BAD_ALIASES.map((alias) => badValue('gate_result', 'alias', alias)),
  badValue('gate_result', 'outcomes', "'{}'"),
  badValue('gate_result', 'actor', "''"),
  ...appendOnly('gate_result', 'actor'),
];
