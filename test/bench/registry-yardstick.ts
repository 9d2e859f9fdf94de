// Bare grpc-js and pg, in a process of its own: one query for a call, the same messages as the registry's. The suite's yardstick.
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import {
  type GetModelVersionRequest,
  type ListModelVersionsRequest,
  type ListModelVersionsResponse,
  ModelVersion,
  RegistryServiceService,
  State,
  Task,
} from '@resmask/contracts/registry.v1';
import { specToMessages } from '@resmask/spec-messages';
import pg from 'pg';

const SELECT = `
  SELECT v.version, v.description, v.architecture, v.parameter_count, v.input_spec, v.output_spec, v.digest, v.revision, v.create_time,
    v.update_time, v.licence, v.model_card, v.tags,
    (SELECT json_agg(json_build_object('path', f.path, 'sha256', encode(f.sha256, 'hex'), 'sizeBytes', b.size_bytes) ORDER BY f.position)
       FROM registry.version_file f JOIN registry.artifact_blob b USING (sha256)
       WHERE f.model = v.model AND f.version = v.version) AS files,
    ARRAY(SELECT a.alias FROM registry.model_alias a WHERE a.model = v.model AND a.version = v.version ORDER BY a.alias) AS aliases
  FROM registry.model m JOIN registry.model_version v ON v.model = m.id`;
const ONE = `${SELECT} WHERE m.namespace = $1 AND m.model_id = $2 AND v.version = $3`;
const PAGE = `${SELECT} WHERE m.namespace = $1 AND m.model_id = $2 AND v.state <> 'deleted' ORDER BY v.version DESC LIMIT $3`;

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });
const server = new Server();
server.addService(RegistryServiceService, { getModelVersion, listModelVersions });
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.send?.({ port });
});
process.on('disconnect', () => process.exit(0));

function getModelVersion(
  { request }: ServerUnaryCall<GetModelVersionRequest, ModelVersion>,
  answer: sendUnaryData<ModelVersion>,
): void {
  const [, namespace, , model, , version] = request.name.split('/');
  pool
    .query(ONE, [namespace, model, Number(version)])
    .then(
      ({ rows }) =>
        rows.length > 0 ? answer(null, toMessage(request.name, rows[0])) : answer({ code: status.NOT_FOUND }),
      answer,
    );
}

function listModelVersions(
  { request }: ServerUnaryCall<ListModelVersionsRequest, ListModelVersionsResponse>,
  answer: sendUnaryData<ListModelVersionsResponse>,
): void {
  const [, namespace, , model] = request.parent.split('/');
  pool.query(PAGE, [namespace, model, request.pageSize]).then(({ rows }) => {
    const modelVersions = rows.map((row) => toMessage(`${request.parent}/versions/${row.version}`, row));
    answer(null, { modelVersions, nextPageToken: '' });
  }, answer);
}

function toMessage(name: string, row: pg.QueryResultRow): ModelVersion {
  const { description, architecture, input_spec: input, output_spec: output, files, aliases, licence, tags } = row;
  return ModelVersion.fromPartial({
    name,
    description,
    parameterCount: Number(row['parameter_count']),
    ...specToMessages({ architecture, input, output }),
    files,
    digest: row['digest'].toString('hex'),
    aliases,
    etag: row['revision'],
    createTime: { seconds: Math.floor(row['create_time'] / 1000) },
    updateTime: { seconds: Math.floor(row['update_time'] / 1000) },
    task: Task.TASK_EXPRESSION,
    state: State.STATE_READY,
    licence,
    modelCard: row['model_card'],
    tags: {
      stage: { value: { $case: 'text', value: tags.stage } },
      accuracy: { value: { $case: 'number', value: tags.accuracy } },
    },
  });
}
