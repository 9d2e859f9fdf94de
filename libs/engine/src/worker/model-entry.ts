import { yieldToServers } from '@resmask/runtime/yield-to-servers';

// Before anything is loaded: loading is most of what a thread does until it serves, while others are serving.
yieldToServers();
await import('./model-worker.js');
