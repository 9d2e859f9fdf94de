import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ModelVersion } from '@resmask/contracts/registry.v1';
import { violates } from '@resmask/database';
import { DomainError, invalidField } from '@resmask/errors';
import type { OutputSpec } from '@resmask/model-spec';
import { formatVersionName } from '@resmask/resource-names';
import type { EntityManager } from 'typeorm';
import { Blobs } from '../artifact/blobs.js';
import type { Changed } from '../change/changes.js';
import { currentActor } from '../change/current-actor.js';
import { ModelEntity } from '../model/model.entity.js';
import { ModelRepository } from '../model/model.repository.js';
import type { NewEnsemble, NewFile, NewSingle, NewVersion } from './new-version.js';
import { VersionEntity, VersionFileEntity } from './version.entity.js';
import { toVersionMessage } from './version.messages.js';
import { type FoundVersion, VERSION_TYPE, VersionRepository } from './version.repository.js';

/** Inserts a checked version inside a transaction, with the next number of its model. */
@Injectable()
export class VersionPublishing {
  constructor(
    readonly models: ModelRepository,
    readonly versions: VersionRepository,
    readonly blobs: Blobs,
  ) {}

  /** The files' bytes must be in the store. */
  async publishSingle(
    manager: EntityManager,
    version: NewSingle,
    parameterCount: number,
  ): Promise<Changed<ModelVersion>> {
    const { namespace } = version.model;
    // In one order for everybody, because each holds its bytes until the transaction is over.
    for (const file of version.files.toSorted(byDigest)) await this.blobs.add(manager, namespace, file);
    const { spec } = version;
    const place = await this.#insert(manager, version, {
      digest: singleDigest(version),
      architecture: spec.architecture,
      parameterCount: String(parameterCount),
      inputSpec: spec.input,
      outputSpec: spec.output,
    });
    const files = version.files.map(({ path, sha256 }, position) => ({
      ...place,
      position,
      path,
      sha256: Buffer.from(sha256, 'hex'),
    }));
    await manager.insert(VersionFileEntity, files);
    return this.#changed(manager, version, place.version);
  }

  /** @throws DomainError MEMBER_UNUSABLE for members that are deleted, ensembles, no classifiers, or disagree on their labels. */
  async publishEnsemble(manager: EntityManager, version: NewEnsemble): Promise<Changed<ModelVersion>> {
    const members: FoundVersion[] = [];
    for (const { version: name } of version.members) members.push(await this.versions.get(name, manager));
    const place = await this.#insert(manager, version, {
      digest: ensembleDigest(version, members),
      architecture: version.architecture,
      parameterCount: String(members.reduce((sum, { version: { parameterCount } }) => sum + Number(parameterCount), 0)),
      inputSpec: null,
      outputSpec: { ...commonOutput(members), values: 'probabilities' },
    });
    try {
      for (const [position, { weight }] of version.members.entries()) {
        const { model, version: number } = members[position].version;
        await manager.query(
          `INSERT INTO ensemble_member (model, version, position, member_model, member_version, weight)
             VALUES ($1, $2, $3, $4, $5, $6)`,
          [place.model, place.version, position, model, number, weight],
        );
      }
    } catch (error) {
      if (violates(error, 'ensemble_member_ready')) throw unusable('one of them is deleted');
      if (violates(error, 'ensemble_member_single')) throw unusable('one of them is an ensemble itself');
      throw error;
    }
    return this.#changed(manager, version, place.version);
  }

  async #insert(
    manager: EntityManager,
    version: NewVersion,
    made: Pick<VersionEntity, 'digest' | 'architecture' | 'parameterCount' | 'inputSpec' | 'outputSpec'>,
  ): Promise<{ model: string; version: number }> {
    const { description, licence, lineage, modelCard, tags, kind } = version;
    const { id, task } = await this.models.lockLive(version.model, manager);
    expectTask(made.outputSpec.task, task, version.model.model);
    // The row lock makes numbers consecutive: whoever publishes next waits until this transaction is over.
    const { raw } = await manager
      .createQueryBuilder()
      .update(ModelEntity)
      .set({ nextVersion: () => 'next_version + 1', revision: () => 'revision + 1', updateTime: () => 'now()' })
      .where({ id })
      .returning('next_version - 1 AS number')
      .execute();
    const place = { model: id, version: raw[0].number as number };
    await manager.insert(VersionEntity, {
      ...place,
      ...made,
      kind,
      description,
      licence,
      lineage,
      modelCard,
      tags,
      createdBy: currentActor(),
    });
    return place;
  }

  async #changed(
    manager: EntityManager,
    { model: name, kind }: NewVersion,
    number: number,
  ): Promise<Changed<ModelVersion>> {
    const { namespace, model } = name;
    const response = toVersionMessage(await this.versions.get({ ...name, version: number }, manager));
    const resource = `models/${model}/versions/${number}`;
    return { response, record: { namespace, model, resource, after: { kind, digest: response.digest } } };
  }
}

export function expectTask(got: OutputSpec['task'], task: OutputSpec['task'], model: string): void {
  if (got === task) return;
  const description = `it is for task "${got}", the versions of model "${model}" are for "${task}"`;
  throw invalidField('model_version.output_spec', description, 'TASK_MISMATCH');
}

/** Equal digests compute the same: what is run, how it is fed, how it is read. */
function singleDigest({ spec, files }: NewSingle): Buffer {
  const manifest = files.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 }));
  return digestOf({ files: manifest, input: spec.input, output: spec.output });
}

function ensembleDigest({ members }: NewEnsemble, found: readonly FoundVersion[]): Buffer {
  return digestOf({
    members: members.map(({ weight }, i) => ({ digest: found[i].version.digest.toString('hex'), weight })),
  });
}

function digestOf(content: unknown): Buffer {
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

/** The labels all members agree on. */
function commonOutput(members: readonly FoundVersion[]): Extract<OutputSpec, { task: 'expression' }> {
  const outputs = members.map(({ version }) => version.outputSpec);
  const [first] = outputs;
  for (const [i, output] of outputs.entries()) {
    if (output.task !== 'expression' || first.task !== 'expression')
      throw unusable(`${nameOf(members[i])} is for task "${output.task}"; classifiers are needed`);
    if (output.labels.join() !== first.labels.join())
      throw unusable(
        `${nameOf(members[i])} has the labels ${output.labels.join(', ')}, ${nameOf(members[0])} has ${first.labels.join(', ')}`,
      );
  }
  return first as Extract<OutputSpec, { task: 'expression' }>;
}

function nameOf({ model, version }: FoundVersion): string {
  return formatVersionName({ namespace: model.namespace, model: model.modelId, version: version.version });
}

function unusable(problem: string): DomainError {
  return new DomainError('MEMBER_UNUSABLE', `these versions cannot be an ensemble: ${problem}`, {
    resource: { type: VERSION_TYPE, name: '' },
  });
}

function byDigest(a: NewFile, b: NewFile): number {
  return a.sha256 < b.sha256 ? -1 : 1;
}
