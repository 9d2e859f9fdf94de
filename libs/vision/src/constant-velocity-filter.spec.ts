import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConstantVelocityFilter } from './constant-velocity-filter.js';

describe('ConstantVelocityFilter', () => {
  it('weighs a measurement against what it believed, by their variances', () => {
    const filter = new ConstantVelocityFilter(10, 4, 0);
    filter.correct(20, 1);
    expect(filter.position).toBeCloseTo(18, 9);
    filter.correct(20, 0.8);
    expect(filter.position).toBeCloseTo(19, 9);
  });

  it('learns a velocity and goes on with it', () => {
    const filter = new ConstantVelocityFilter(0, 1e-4, 100);
    for (let i = 1; i <= 10; i += 1) {
      filter.predict(0.1, 0.01);
      filter.correct(i * 0.5, 1e-4);
    }
    filter.predict(1, 0.01);
    expect(filter.position).toBeCloseTo(10, 1);
  });

  it('believes the same after one long step as after short ones', () => {
    const steps = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(steps, (seconds) => {
        const [slow, fast] = [0, 0].map(() => {
          const filter = new ConstantVelocityFilter(0, 1, 4);
          filter.predict(0.5, 3);
          filter.correct(2, 1);
          return filter;
        });
        for (const step of seconds) fast.predict(step, 3);
        slow.predict(
          seconds.reduce((sum, step) => sum + step, 0),
          3,
        );
        for (const filter of [slow, fast]) filter.correct(-5, 2);
        expect(fast.position).toBeCloseTo(slow.position, 9);
      }),
    );
  });
});
