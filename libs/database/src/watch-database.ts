import type { DataSource } from 'typeorm';

const INTERVAL_MS = 2000;

/**
 * Asks the database again and again whether it is there, and tells every answer; so that readiness follows without a client
 * having to fail first. @returns a function that ends it
 */
export function watchDatabase(dataSource: DataSource, tell: (reachable: boolean, error?: unknown) => void): () => void {
  let asking = false;
  const ask = async (): Promise<void> => {
    // A server that does not answer must not collect questions.
    if (asking) return;
    asking = true;
    try {
      await dataSource.query('SELECT 1');
      tell(true);
    } catch (error) {
      tell(false, error);
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(ask, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
