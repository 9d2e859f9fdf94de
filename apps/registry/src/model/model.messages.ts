import type { Alias, Model } from '@resmask/contracts/registry.v1alpha1';
import { formatAliasName, formatModelName, formatVersionName, type ModelName } from '@resmask/resource-names';
import { toTimestamp } from '@resmask/service-kit';
import { TASKS } from '@resmask/spec-messages';
import type { AliasEntity } from '../alias/alias.entity.js';
import type { ModelEntity } from './model.entity.js';

export function toModelMessage(model: ModelEntity, aliases: readonly AliasEntity[]): Model {
  const name = nameOf(model);
  return {
    name: formatModelName(name),
    task: TASKS.wire(model.task),
    description: model.description,
    latestVersion: model.nextVersion - 1,
    aliases: aliases.map((alias) => toAliasMessage(name, alias)),
    etag: model.revision,
    createTime: toTimestamp(model.createTime),
    updateTime: toTimestamp(model.updateTime),
  };
}

export function toAliasMessage(model: ModelName, { alias, version, revision, updateTime }: AliasEntity): Alias {
  return {
    name: formatAliasName({ ...model, alias }),
    version: formatVersionName({ ...model, version }),
    etag: revision,
    updateTime: toTimestamp(updateTime),
  };
}

export function nameOf({ namespace, modelId }: ModelEntity): ModelName {
  return { namespace, model: modelId };
}
