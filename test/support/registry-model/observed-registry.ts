import {
  type Alias,
  type Alias_Canary,
  type AliasEvent,
  AliasEvent_Kind,
  type Event,
  type Model,
  type ModelVersion,
  type RegistryClient,
  State,
} from '@resmask/client';
import { expect } from 'vitest';
import type {
  ExpectedEvent,
  ExpectedMeaning,
  ExpectedModel,
  ExpectedMove,
  ExpectedState,
  ExpectedVersion,
} from './expected-state.js';

/** Everything there is to tell of a namespace. */
export type NamespaceView = ReturnType<typeof expectedView>;

/** Everything the registry tells of a namespace, in the shape of `expectedView`. @param aliases whose histories are read */
export async function observedView(
  client: RegistryClient,
  parent: string,
  aliases: readonly string[],
): Promise<NamespaceView> {
  const models = await Array.fromAsync(client.listModels(parent, { showDeleted: true }));
  const events = await Array.fromAsync(client.listEvents(parent));
  return {
    models: await Promise.all(models.map((model) => observeModel(client, model, aliases))),
    events: events.map((event) => observedEvent(parent, event)),
  };
}

async function observeModel(client: RegistryClient, model: Model, aliases: readonly string[]) {
  const listed = await Array.fromAsync(client.listModelVersions(model.name, { showDeleted: true }));
  const versions = listed.toReversed();
  const moves = aliases.map((alias) => Array.fromAsync(client.listAliasEvents(`${model.name}/aliases/${alias}`)));
  // What is listed is what is read.
  expect(await Array.fromAsync(client.listAliases(model.name))).toEqual(model.aliases);
  return {
    id: lastPart(model.name),
    description: model.description,
    labels: model.labels,
    deleted: model.deleteTime !== undefined,
    etag: model.etag,
    latestVersion: model.latestVersion,
    aliases: model.aliases.map(observedAlias),
    versions: versions.map(observedVersion),
    moves: (await Promise.all(moves)).map((events) => events.toReversed().map(observedMove)),
  };
}

function observedVersion({ name, description, tags, state, etag, aliases, deleteTime }: ModelVersion) {
  const stage = tags['stage']?.value;
  return {
    number: lastPart(name),
    description,
    stage: stage?.$case === 'text' ? stage.value : undefined,
    state: State[state],
    etag,
    aliases,
    deleted: deleteTime !== undefined,
  };
}

function observedAlias({ name, version, etag, canary, shadowVersion }: Alias): string[] {
  return [lastPart(name), etag, lastPart(version), observedCanary(canary), lastPart(shadowVersion)];
}

function observedMove(event: AliasEvent): string[] {
  const { kind, reason, oldVersion, oldCanary, oldShadowVersion, newVersion, newCanary, newShadowVersion } = event;
  const before = [lastPart(oldVersion), observedCanary(oldCanary), lastPart(oldShadowVersion)];
  const after = [lastPart(newVersion), observedCanary(newCanary), lastPart(newShadowVersion)];
  return [AliasEvent_Kind[kind], ...before, ...after, reason];
}

function observedCanary(canary: Alias_Canary | undefined): string {
  return canary ? `${lastPart(canary.version)} at ${canary.percent}` : '';
}

function observedEvent(parent: string, { number, method, resource, reason, requestId, before, after }: Event) {
  return { number, method, resource: resource.slice(parent.length + 1), reason, requestId, before, after };
}

/** What the registry should tell. */
export function expectedView({ models, events }: ExpectedState, aliases: readonly string[]) {
  return {
    models: Object.entries(models)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, model]) => expectedModel(id, model, aliases)),
    events: events.map((event: ExpectedEvent, i) => ({ number: i + 1, ...event })),
  };
}

function expectedModel(id: string, model: ExpectedModel, aliases: readonly string[]) {
  const held = Object.entries(model.aliases).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    id,
    description: model.description,
    labels: model.labels,
    deleted: model.deleted,
    etag: String(model.revision),
    latestVersion: model.versions.length,
    aliases: held.map(([alias, expected]) => [alias, String(expected.revision), ...expectedMeaning(expected)]),
    versions: model.versions.map((version, i) => {
      const names = held.filter(([, alias]) => alias.version === i + 1).map(([alias]) => alias);
      return expectedVersion(version, i + 1, names);
    }),
    moves: aliases.map((alias) => (model.moves[alias] ?? []).map(expectedMove)),
  };
}

function expectedVersion(version: ExpectedVersion, number: number, aliases: readonly string[]) {
  const { description, stage, state, revision } = version;
  return {
    number: String(number),
    description,
    stage,
    state: `STATE_${state.toUpperCase()}`,
    etag: String(revision),
    aliases,
    deleted: state === 'deleted',
  };
}

function expectedMove({ kind, from, to, reason }: ExpectedMove): string[] {
  return [`KIND_${kind.toUpperCase()}`, ...expectedMeaning(from), ...expectedMeaning(to), reason];
}

function expectedMeaning(meaning: ExpectedMeaning | undefined): string[] {
  const { version = '', canary, shadow = '' } = meaning ?? {};
  return [String(version), canary ? `${canary.version} at ${canary.percent}` : '', String(shadow)];
}

function lastPart(name: string): string {
  return name.split('/').at(-1) ?? '';
}
