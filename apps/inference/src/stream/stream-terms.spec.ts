import { DeliveryMode, StreamConfig } from '@resmask/contracts/inference.v1';
import { describe, expect, it } from 'vitest';
import { toStreamTerms } from './stream-terms.js';

describe('toStreamTerms', () => {
  it('fills in defaults: live, as many frames at once as workers', () => {
    expect(toStreamTerms(StreamConfig.fromPartial({}), 4)).toMatchObject({
      mode: DeliveryMode.DELIVERY_MODE_LATEST,
      maxInFlight: 4,
      maxFaces: 64,
    });
  });

  it('keeps more frames of a file under way than there are workers, within the limit', () => {
    const lossless = StreamConfig.fromPartial({ mode: DeliveryMode.DELIVERY_MODE_LOSSLESS });
    expect(toStreamTerms(lossless, 4).maxInFlight).toBe(8);
    expect(toStreamTerms(lossless, 100).maxInFlight).toBe(64);
  });

  it.each([
    [{ maxInFlight: -1 }, 'config.max_in_flight: got -1'],
    [{ maxInFlight: 65 }, 'config.max_in_flight: got 65'],
    [{ maxFaces: 300 }, 'max_faces: got 300'],
    [{ mode: 9 as DeliveryMode }, 'config.mode: got 9'],
  ])('refuses %j by name and value', (config, message) => {
    expect(() => toStreamTerms(StreamConfig.fromPartial(config), 2)).toThrow(message);
  });
});
