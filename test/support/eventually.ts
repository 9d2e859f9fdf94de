import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the answer will do; the test's own time limit ends it otherwise. */
export async function eventually<Answer>(
  ask: () => Promise<Answer>,
  willDo: (answer: Answer) => boolean,
): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (willDo(answer)) return answer;
    await delay(50);
  }
}
