import { type Alias, type AliasEvent, AliasEvent_Kind, type Model } from '@resmask/contracts/registry.v1';
import { formatAliasName, formatModelName, formatVersionName, type ModelName } from '@resmask/resource-names';
import { toTimestamp } from '@resmask/service-kit';
import { TASKS } from '@resmask/spec-messages';
import type { AliasEntity, AliasEventEntity, AliasEventKind } from '../alias/alias.entity.js';
import type { ModelEntity } from './model.entity.js';

export function toModelMessage(model: ModelEntity, aliases: readonly AliasEntity[]): Model {
  const name = nameOf(model);
  return {
    name: formatModelName(name),
    task: TASKS.wire(model.task),
    description: model.description,
    labels: { ...model.labels },
    latestVersion: model.nextVersion - 1,
    aliases: aliases.map((alias) => toAliasMessage(name, alias)),
    etag: model.revision,
    createTime: toTimestamp(model.createTime),
    updateTime: toTimestamp(model.updateTime),
    deleteTime: model.deleteTime ? toTimestamp(model.deleteTime) : undefined,
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

const EVENT_KINDS: Readonly<Record<AliasEventKind, AliasEvent_Kind>> = {
  set: AliasEvent_Kind.KIND_SET,
  rollback: AliasEvent_Kind.KIND_ROLLBACK,
  delete: AliasEvent_Kind.KIND_DELETE,
};

export function toAliasEventMessage(model: ModelName, event: AliasEventEntity): AliasEvent {
  const { alias, kind, oldVersion, newVersion, actor, reason, createTime } = event;
  const nameIn = (version: number | null): string => (version === null ? '' : formatVersionName({ ...model, version }));
  return {
    alias: formatAliasName({ ...model, alias }),
    kind: EVENT_KINDS[kind],
    oldVersion: nameIn(oldVersion),
    newVersion: nameIn(newVersion),
    actor,
    reason,
    createTime: toTimestamp(createTime),
  };
}

export function nameOf({ namespace, modelId }: ModelEntity): ModelName {
  return { namespace, model: modelId };
}
