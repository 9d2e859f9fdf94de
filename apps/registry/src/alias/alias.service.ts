import { Injectable } from '@nestjs/common';
import { Alias, type GetAliasRequest, SetAliasRequest } from '@resmask/contracts/registry.v1alpha1';
import { DomainError, invalidField } from '@resmask/errors';
import {
  type AliasName,
  formatAliasName,
  formatModelName,
  parseAliasName,
  parseVersionName,
} from '@resmask/resource-names';
import type { EntityManager } from 'typeorm';
import { Idempotency } from '../idempotency/idempotency.js';
import { nameOf, toAliasMessage } from '../model/model.messages.js';
import { ModelRepository } from '../model/model.repository.js';
import { checkDescription } from '../model/model.service.js';
import { VersionRepository } from '../version/version.repository.js';
import { AliasEntity } from './alias.entity.js';

const MAX_REASON = 1024;

interface Move {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  /** Revision the caller read; empty for a new alias. */
  readonly etag: string;
  readonly reason: string;
}

/** Points aliases at versions. Moving one is promotion. */
@Injectable()
export class AliasService {
  constructor(
    readonly models: ModelRepository,
    readonly versions: VersionRepository,
    readonly idempotency: Idempotency,
  ) {}

  async get({ name }: GetAliasRequest): Promise<Alias> {
    const aliasName = parseAliasName(name);
    const model = await this.models.get(aliasName);
    return toAliasMessage(nameOf(model), await this.versions.alias(model, aliasName));
  }

  /** @throws DomainError ETAG_MISMATCH with the current etag in its metadata if the alias is not as the caller read it. */
  async set(request: SetAliasRequest): Promise<Alias> {
    if (!request.alias) throw invalidField('alias', 'it is not set');
    const name = parseAliasName(request.alias.name, 'alias.name');
    const target = parseVersionName(request.alias.version, 'alias.version');
    if (formatModelName(target) !== formatModelName(name)) {
      throw invalidField(
        'alias.version',
        `got ${request.alias.version}; a version of ${formatModelName(name)} is needed`,
      );
    }
    const reason = checkDescription(request.reason, 'reason', MAX_REASON);
    const call = {
      method: 'SetAlias',
      requestId: request.requestId,
      request: SetAliasRequest.encode({ ...request, requestId: '' }).finish(),
      codec: Alias,
    };
    const { etag } = request.alias;
    return this.idempotency.run(call, async (manager) => {
      const model = await this.models.get(name, manager);
      await this.versions.get(target, manager);
      const move: Move = { model: model.id, alias: name.alias, version: target.version, etag, reason };
      return toAliasMessage(nameOf(model), await moveAlias(manager, name, move));
    });
  }
}

async function moveAlias(manager: EntityManager, name: AliasName, move: Move): Promise<AliasEntity> {
  const { model, alias, version, etag, reason } = move;
  const [current] = await manager.query(
    'SELECT version, revision FROM model_alias WHERE model = $1 AND alias = $2 FOR UPDATE',
    [model, alias],
  );
  if ((current?.revision ?? '') !== etag) throw stale(name, etag, current?.revision);
  if (current) {
    await manager.query(
      'UPDATE model_alias SET version = $3, revision = revision + 1, update_time = now() WHERE model = $1 AND alias = $2',
      [model, alias, version],
    );
  } else {
    const inserted = await manager.query(
      'INSERT INTO model_alias (model, alias, version) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1',
      [model, alias, version],
    );
    // Somebody else created it between the look and the insert.
    if (inserted.length === 0) {
      const winner = await manager.findOneByOrFail(AliasEntity, { model, alias });
      throw stale(name, etag, winner.revision);
    }
  }
  await manager.query(
    'INSERT INTO alias_event (model, alias, old_version, new_version, reason) VALUES ($1, $2, $3, $4, $5)',
    [model, alias, current?.version ?? null, version, reason],
  );
  return manager.findOneByOrFail(AliasEntity, { model, alias });
}

function stale(name: AliasName, got: string, current: string | undefined): DomainError {
  const now = current === undefined ? 'the alias does not exist' : `its etag is "${current}" now`;
  const sent = got === '' ? 'none was sent' : `"${got}" was sent`;
  return new DomainError('ETAG_MISMATCH', `alias.etag: ${sent}, but ${now}; read the alias again and decide anew`, {
    metadata: { etag: current ?? '' },
    resource: { type: 'registry.resmask.dev/Alias', name: formatAliasName(name) },
  });
}
