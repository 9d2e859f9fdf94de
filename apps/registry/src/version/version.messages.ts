import { type ModelVersion, State } from '@resmask/contracts/registry.v1';
import type { InputSpec, OutputSpec } from '@resmask/model-spec';
import { formatVersionName } from '@resmask/resource-names';
import { toTimestamp } from '@resmask/service-kit';
import { specToMessages, TASKS } from '@resmask/spec-messages';
import { nameOf } from '../model/model.messages.js';
import type { VersionState } from './version.entity.js';
import type { FoundVersion } from './version.repository.js';
import { toLineageMessage, toTagMessages } from './version-facts.js';

const STATES: Readonly<Record<VersionState, State>> = {
  ready: State.STATE_READY,
  archived: State.STATE_ARCHIVED,
  deleted: State.STATE_DELETED,
};

export function toVersionMessage({ model, version, aliases }: FoundVersion): ModelVersion {
  const { architecture, inputSpec: input, outputSpec: output } = version;
  return {
    name: formatVersionName({ ...nameOf(model), version: version.version }),
    description: version.description,
    parameterCount: Number(version.parameterCount),
    ...specMessages(architecture, input, output),
    files: version.files.map(({ path, sha256, blob }) => ({
      path,
      sizeBytes: Number(blob.sizeBytes),
      sha256: sha256.toString('hex'),
    })),
    members: version.members.map(({ memberOf, memberVersion, weight }) => ({
      version: formatVersionName({ ...nameOf(memberOf), version: memberVersion }),
      weight,
    })),
    digest: version.digest.toString('hex'),
    aliases: [...aliases],
    etag: version.revision,
    createTime: toTimestamp(version.createTime),
    task: TASKS.wire(model.task),
    state: STATES[version.state],
    licence: version.licence,
    lineage: toLineageMessage(version.lineage),
    modelCard: version.modelCard,
    tags: toTagMessages(version.tags),
    updateTime: toTimestamp(version.updateTime),
    deleteTime: version.deleteTime ? toTimestamp(version.deleteTime) : undefined,
  };
}

/** An ensemble has no input of its own: each member is fed as it says itself. */
function specMessages(architecture: string, input: InputSpec | null, output: OutputSpec) {
  if (input) return specToMessages({ architecture, input, output });
  const { outputSpec } = specToMessages({ architecture, input: NO_INPUT, output });
  return { architecture, inputSpec: undefined, outputSpec };
}

const NO_INPUT: InputSpec = {
  tensor: '',
  source: 'gray',
  planes: 1,
  height: 1,
  width: 1,
  resize: 'stretch',
  cropMargin: 1,
  layout: 'NCHW',
  type: 'float32',
  scale: 1,
  mean: [],
  std: [],
};
