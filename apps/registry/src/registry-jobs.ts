import type { INestMicroservice } from '@nestjs/common';
import { Notifications } from '@resmask/database';
import type { Config, Logger } from '@resmask/service-kit';
import { scheduleCollection } from './artifact/collection-schedule.js';
import { GarbageCollection } from './artifact/garbage-collection.js';
import { EventFeed } from './event/event-feed.js';
import type { registrySettings } from './registry-settings.js';

/** What a registry does beside answering: hear of events, and collect what nothing refers to. @returns a function that ends it */
export function startJobs(
  app: INestMicroservice,
  config: Config<typeof registrySettings>,
  logger: Logger,
): () => Promise<void> {
  const feed = app.get(EventFeed);
  const notifications = Notifications.listen({
    url: config.databaseDirectUrl ?? config.databaseUrl,
    channel: 'registry_event',
    applicationName: 'resmask-registry-events',
    onNotification: (namespace) => feed.notify(namespace),
    onConnected: () => feed.notifyAll(),
  });
  const stopCollecting = scheduleCollection(app.get(GarbageCollection), {
    intervalMs: config.gcIntervalMs,
    graceMs: config.gcGraceMs,
    onError: (error) => logger.warn({ err: error }, 'unreferenced files could not be collected'),
    onCollected: (counts) => logger.info(counts, 'collected what nothing refers to'),
  });
  return async () => {
    stopCollecting();
    await notifications.close();
  };
}
