import { Injectable } from '@nestjs/common';
import { Empty } from '@resmask/contracts/google.protobuf/empty';
import {
  Alias,
  DeleteAliasRequest,
  type GetAliasRequest,
  type ListAliasEventsRequest,
  type ListAliasEventsResponse,
  type ListAliasesRequest,
  type ListAliasesResponse,
  RollbackAliasRequest,
  SetAliasRequest,
  UpdateAliasRequest,
} from '@resmask/contracts/registry.v1';
import { invalidField } from '@resmask/errors';
import { parseAliasName, parseModelName } from '@resmask/resource-names';
import { cutPage, readNumberedPage, readPage } from '@resmask/service-kit';
import type { EntityManager } from 'typeorm';
import { type ChangeCall, changeCall } from '../change/change-call.js';
import { type Changed, Changes } from '../change/changes.js';
import { checkText } from '../change/check-text.js';
import { Gate, GateRefusal } from '../gate/gate.js';
import { nameOf, toAliasEventMessage, toAliasMessage } from '../model/model.messages.js';
import { ModelRepository } from '../model/model.repository.js';
import { VersionRepository } from '../version/version.repository.js';
import { AliasRepository } from './alias.repository.js';
import { AliasMoves } from './alias-moves.js';
import { AliasUpdates } from './alias-updates.js';
import { parseOwnVersion } from './parse-own-version.js';
import { readTraffic } from './read-traffic.js';

const MAX_REASON = 1024;

/** Points aliases at versions, gives them canaries and shadows, and tells what they have had. Moving one is promotion. */
@Injectable()
export class AliasService {
  constructor(
    readonly models: ModelRepository,
    readonly versions: VersionRepository,
    readonly aliases: AliasRepository,
    readonly moves: AliasMoves,
    readonly updates: AliasUpdates,
    readonly gate: Gate,
    readonly changes: Changes,
  ) {}

  async get({ name }: GetAliasRequest): Promise<Alias> {
    const aliasName = parseAliasName(name);
    const model = await this.models.get(aliasName);
    return toAliasMessage(nameOf(model), await this.aliases.get(model, aliasName));
  }

  async list(request: ListAliasesRequest): Promise<ListAliasesResponse> {
    const model = await this.models.get(parseModelName(request.parent, 'parent'));
    const scope = ['aliases', request.parent];
    const page = readPage(request, scope);
    const rows = await this.aliases.list(model, page.after ?? '', page.size + 1);
    const { shown, nextPageToken } = cutPage(rows, page.size, scope, (last) => last.alias);
    return {
      aliases: shown.map((alias) => toAliasMessage(nameOf(model), alias)),
      nextPageToken,
    };
  }

  async history(request: ListAliasEventsRequest): Promise<ListAliasEventsResponse> {
    const name = parseAliasName(request.parent, 'parent');
    const model = await this.models.get(name);
    const scope = ['alias-events', request.parent];
    const page = readNumberedPage(request, scope, Number.MAX_SAFE_INTEGER);
    const rows = await this.aliases.events(model, name.alias, page.after, page.size + 1);
    const { shown, nextPageToken } = cutPage(rows, page.size, scope, (last) => last.id);
    return {
      aliasEvents: shown.map((event) => toAliasEventMessage(nameOf(model), event)),
      nextPageToken,
    };
  }

  /** @throws DomainError ETAG_MISMATCH with the current etag in its metadata if the alias is not as the caller read it. */
  async set(request: SetAliasRequest): Promise<Alias> {
    if (!request.alias) throw invalidField('alias', 'it is not set');
    const name = parseAliasName(request.alias.name, 'alias.name');
    const version = parseOwnVersion(request.alias.version, 'alias.version', name);
    const reason = checkText(request.reason, 'reason', MAX_REASON);
    const { etag } = request.alias;
    const call = changeCall('SetAlias', request, SetAliasRequest, Alias);
    return this.#makeGated(call, async (manager) => {
      await this.versions.get({ ...name, version }, manager);
      return this.moves.point(manager, { name, version, etag, reason, kind: 'set' });
    });
  }

  /** @throws DomainError like `set`. */
  async update(request: UpdateAliasRequest): Promise<Alias> {
    if (!request.alias) throw invalidField('alias', 'it is not set');
    const name = parseAliasName(request.alias.name, 'alias.name');
    const traffic = readTraffic(request.alias, request, name);
    const reason = checkText(request.reason, 'reason', MAX_REASON);
    const { etag } = request.alias;
    const call = changeCall('UpdateAlias', request, UpdateAliasRequest, Alias);
    return this.#makeGated(call, async (manager) => {
      const { canary, shadowVersion } = traffic;
      for (const version of [canary?.version, shadowVersion])
        if (version !== undefined) await this.versions.get({ ...name, version }, manager);
      return this.updates.make(manager, { name, etag, reason, traffic });
    });
  }

  /** @throws DomainError ALIAS_NO_PREVIOUS if it has never pointed anywhere else. */
  async rollback(request: RollbackAliasRequest): Promise<Alias> {
    const name = parseAliasName(request.name);
    const reason = checkText(request.reason, 'reason', MAX_REASON);
    const { etag } = request;
    const call = changeCall('RollbackAlias', request, RollbackAliasRequest, Alias);
    return this.changes.make(call, (manager) => this.moves.pointBack(manager, { name, etag, reason }));
  }

  async delete(request: DeleteAliasRequest): Promise<Empty> {
    const name = parseAliasName(request.name);
    const reason = checkText(request.reason, 'reason', MAX_REASON);
    const { etag } = request;
    const call = changeCall('DeleteAlias', request, DeleteAliasRequest, Empty);
    return this.changes.make(call, (manager) => this.moves.take(manager, { name, etag, reason }));
  }

  /** Makes a change that a gate may refuse, and keeps the refusal. */
  async #makeGated(
    call: ChangeCall<Alias>,
    change: (manager: EntityManager) => Promise<Changed<Alias>>,
  ): Promise<Alias> {
    try {
      return await this.changes.make(call, change);
    } catch (error) {
      if (error instanceof GateRefusal && !call.validateOnly) await this.gate.keepRefusal(error);
      throw error;
    }
  }
}
