// A process that sends parts of a sample upload and tells each one it was answered for, until it is killed.
// Its argument is JSON: location, s3, id, seed, sizeBytes, partNumbers, complete.
import { openArtifactStore } from '@resmask/artifacts';
import { SampleUpload, sampleBytes } from './sample-upload.ts';

const { location, s3, id, seed, sizeBytes, partNumbers, complete } = JSON.parse(process.argv[2]);
const upload = new SampleUpload(sampleBytes(seed, sizeBytes));
const store = await openArtifactStore(location, s3);
await store.stage(id, upload.size);
for (const partNumber of partNumbers) {
  process.send?.({ begun: partNumber });
  await upload.send(store, id, partNumber);
  process.send?.({ answered: partNumber });
}
if (complete) {
  process.send?.({ begun: 'completing' });
  await store.completeStaged(id, upload.whole);
  process.send?.({ answered: 'completing' });
}
// Waits to be killed.
setInterval(() => {}, 60_000);
