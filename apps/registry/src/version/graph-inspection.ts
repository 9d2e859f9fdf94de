import { dirname, join } from 'node:path/posix';
import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '@resmask/artifacts';
import { DomainError } from '@resmask/errors';
import { countParameters, externalDataFiles, readModelOutline } from '@resmask/onnx';
import { ARTIFACT_STORE } from '../registry-parts.js';
import { checkGraph } from './graph-check.js';
import type { NewSingle } from './new-version.js';

/** Looks at the graph of a version whose files are in the store, without reading its weights. */
@Injectable()
export class GraphInspection {
  constructor(@Inject(ARTIFACT_STORE) readonly store: ArtifactStore) {}

  /**
   * @returns trained parameters
   * @throws DomainError NOT_ONNX, GRAPH_SPEC_MISMATCH that says what the graph has.
   */
  async inspect({ files, spec }: NewSingle): Promise<number> {
    const [graphFile] = files;
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const chunks: Buffer[] = [];
      for await (const chunk of this.store.read(graphFile.sha256, { offset, length })) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const outline = await readModelOutline(read, graphFile.sizeBytes).catch(collected);
    checkGraph(outline, spec);
    const beside = externalDataFiles(outline).map((location) => join(dirname(graphFile.path), location));
    const paths = new Set(files.map(({ path }) => path));
    const missing = beside.filter((path) => !paths.has(path));
    if (missing.length > 0) {
      throw new DomainError(
        'GRAPH_SPEC_MISMATCH',
        `the graph's weights lie in ${missing.join(', ')}, which the manifest lacks; it has ${[...paths].join(', ')}`,
      );
    }
    return countParameters(outline);
  }
}

/** Nothing refers to the file yet, so it may be collected under our hands; the caller's next try brings it again. */
function collected(error: unknown): never {
  if (!(error instanceof DomainError) || error.reason !== 'ARTIFACT_NOT_FOUND') throw error;
  throw new DomainError('CONCURRENT_CHANGE', 'the file has just been collected; upload it again', { cause: error });
}
