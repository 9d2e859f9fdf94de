// Puts the workspace packages the client is made of inside it while it is packed (`add`), and takes them out again (`remove`):
// they are not published by themselves, so a tarball without them could not be installed.
import { cp, mkdir, rm } from 'node:fs/promises';

const PACKAGES = ['contracts', 'errors'];
const target = new URL('../node_modules/@resmask/', import.meta.url);

await rm(target, { recursive: true, force: true });
if (process.argv[2] === 'add') {
  for (const name of PACKAGES) {
    const source = new URL(`../../${name}/`, import.meta.url);
    const copy = new URL(`${name}/`, target);
    await mkdir(copy, { recursive: true });
    for (const part of ['package.json', 'dist'])
      await cp(new URL(part, source), new URL(part, copy), { recursive: true });
  }
}
