import {
  type Alias,
  type Alias_Canary,
  type AliasEvent,
  AliasEvent_Kind,
  type Model,
} from '@resmask/contracts/registry.v1';
import { formatAliasName, formatModelName, formatVersionName, type ModelName } from '@resmask/resource-names';
import { toTimestamp } from '@resmask/service-kit';
import { TASKS } from '@resmask/spec-messages';
import type { AliasEntity, AliasEventEntity, AliasEventKind } from '../alias/alias.entity.js';
import { canaryOf } from '../alias/alias-traffic.js';
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

export function toAliasMessage(model: ModelName, entity: AliasEntity): Alias {
  const { alias, version, revision, updateTime, canaryVersion, canaryPercent, shadowVersion } = entity;
  return {
    name: formatAliasName({ ...model, alias }),
    version: formatVersionName({ ...model, version }),
    etag: revision,
    updateTime: toTimestamp(updateTime),
    canary: toCanaryMessage(model, canaryVersion, canaryPercent),
    shadowVersion: versionNameOf(model, shadowVersion),
  };
}

const EVENT_KINDS: Readonly<Record<AliasEventKind, AliasEvent_Kind>> = {
  set: AliasEvent_Kind.KIND_SET,
  rollback: AliasEvent_Kind.KIND_ROLLBACK,
  delete: AliasEvent_Kind.KIND_DELETE,
  traffic: AliasEvent_Kind.KIND_TRAFFIC,
};

export function toAliasEventMessage(model: ModelName, event: AliasEventEntity): AliasEvent {
  const { alias, kind, actor, reason, createTime } = event;
  return {
    alias: formatAliasName({ ...model, alias }),
    kind: EVENT_KINDS[kind],
    oldVersion: versionNameOf(model, event.oldVersion),
    newVersion: versionNameOf(model, event.newVersion),
    oldCanary: toCanaryMessage(model, event.oldCanaryVersion, event.oldCanaryPercent),
    newCanary: toCanaryMessage(model, event.newCanaryVersion, event.newCanaryPercent),
    oldShadowVersion: versionNameOf(model, event.oldShadowVersion),
    newShadowVersion: versionNameOf(model, event.newShadowVersion),
    actor,
    reason,
    createTime: toTimestamp(createTime),
  };
}

function toCanaryMessage(model: ModelName, version: number | null, percent: number | null): Alias_Canary | undefined {
  const canary = canaryOf(version, percent);
  return canary && { version: formatVersionName({ ...model, version: canary.version }), percent: canary.percent };
}

function versionNameOf(model: ModelName, version: number | null): string {
  return version === null ? '' : formatVersionName({ ...model, version });
}

export function nameOf({ namespace, modelId }: ModelEntity): ModelName {
  return { namespace, model: modelId };
}
