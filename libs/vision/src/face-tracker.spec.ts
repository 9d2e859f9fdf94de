import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box } from './box.js';
import { FaceTracker, type FaceTrackerOptions } from './face-tracker.js';
import { pixels } from './pixels.js';
import { sceneSignature } from './scene-signature.js';

function tracker(options: Partial<FaceTrackerOptions> = {}): FaceTracker {
  let made = 0;
  return new FaceTracker({ newId: () => `face ${++made}`, ...options });
}

const face = (x: number, y = 100, size = 60): { box: Box } => ({
  box: { x: x - size / 2, y: y - size / 2, width: size, height: size },
});

const FRAME_MS = 40;

describe('FaceTracker', () => {
  it('gives faces that cross their own ids afterwards, even if one hides the other meanwhile', () => {
    const tracks = tracker();
    const last: Record<string, string[]> = {};
    for (let frame = 0; frame <= 50; frame += 1) {
      const rightward = 100 + frame * 6;
      const leftward = 400 - frame * 6;
      const hidden = Math.abs(rightward - leftward) < 40;
      const ids = tracks.update(frame * FRAME_MS, hidden ? [face(rightward)] : [face(leftward), face(rightward)]);
      if (!hidden) last[frame < 25 ? 'before' : 'after'] = ids;
    }
    expect(last['after']).toEqual(last['before']);
    expect(tracks.liveIds).toHaveLength(2);
  });

  it('knows a moving face again after 300 ms without it', () => {
    const tracks = tracker();
    const ids = new Set<string>();
    for (let timeMs = 0; timeMs <= 2000; timeMs += FRAME_MS) {
      // 200 pixels a second: it comes back where its old box does not reach any more.
      const seen = timeMs < 1000 || timeMs >= 1300 ? [face(100 + timeMs / 5)] : [];
      for (const id of tracks.update(timeMs, seen)) ids.add(id);
    }
    expect([...ids]).toEqual(['face 1']);
  });

  it('forgets a face that was away for longer than a second', () => {
    const tracks = tracker();
    for (const timeMs of [0, 40, 80]) tracks.update(timeMs, [face(100)]);
    for (let timeMs = 120; timeMs <= 1080; timeMs += FRAME_MS) tracks.update(timeMs, []);
    expect(tracks.liveIds).toEqual(['face 1']);
    tracks.update(1120, []);
    expect(tracks.liveIds).toEqual([]);
    expect(tracks.update(1160, [face(100)])).toEqual(['face 2']);
  });

  it('gives new ids to all faces after a cut', () => {
    const tracks = tracker();
    for (const timeMs of [0, 40, 80])
      expect(tracks.update(timeMs, [face(100), face(300)])).toEqual(['face 1', 'face 2']);
    expect(tracks.update(120, [face(200, 200), face(500), face(300, 100, 200)])).toEqual([
      'face 3',
      'face 4',
      'face 5',
    ]);
  });

  it('gives a new id to a face that is by chance where another was before a cut, if it is told the scene', () => {
    const [night, day] = [16, 200].map((grey) => sceneSignature(pixels(8, 8, 1, new Uint8Array(64).fill(grey))));
    const tracks = tracker();
    for (const timeMs of [0, 40]) expect(tracks.update(timeMs, [face(100)], night)).toEqual(['face 1']);
    expect(tracks.update(80, [face(100)], day)).toEqual(['face 2']);
    expect(tracks.update(120, [face(100)], day)).toEqual(['face 2']);
    expect(tracks.liveIds).toEqual(['face 2']);
  });

  it('follows a face through skipped frames and a varying frame rate', () => {
    const tracks = tracker();
    const times = [0, 33, 66, 100, 400, 433, 900, 933, 1500, 2100, 2133];
    const ids = times.flatMap((timeMs) => tracks.update(timeMs, [face(100 + timeMs / 10)]));
    expect(new Set(ids)).toEqual(new Set(['face 1']));
  });

  it('follows a face that jumps by more than half its size in a fifth of a second', () => {
    const tracks = tracker();
    const ids = [100, 100, 145, 145, 145].flatMap((x, i) => tracks.update(i * 200, [face(x)]));
    expect(ids).toEqual(Array(5).fill('face 1'));
  });

  it('follows a face that is still in a stream slower than tracks live', () => {
    const tracks = tracker();
    const ids = [0, 3000, 6000, 12_000].flatMap((timeMs) => tracks.update(timeMs, [face(100)]));
    expect(ids).toEqual(Array(4).fill('face 1'));
    tracks.update(15_000, []);
    expect(tracks.update(18_000, [face(100)])).toEqual(['face 1']);
  });

  it('ends the track of a face that was seen only once at the first frame without it', () => {
    const tracks = tracker();
    tracks.update(0, [face(100)]);
    tracks.update(40, []);
    expect(tracks.update(80, [face(100)])).toEqual(['face 2']);
  });

  it('gives each face of a frame one id, unlike the others, whatever faces do', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 700 }),
      faces: fc.array(
        fc.record({
          x: fc.integer({ min: 0, max: 300 }),
          y: fc.integer({ min: 0, max: 300 }),
          size: fc.integer({ min: 0, max: 120 }),
        }),
        { maxLength: 6 },
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const tracks = tracker();
        let timeMs = 0;
        for (const { wait, faces } of steps) {
          timeMs += wait;
          const ids = tracks.update(
            timeMs,
            faces.map(({ x, y, size }) => face(x, y, size)),
          );
          expect(ids).toHaveLength(faces.length);
          expect(new Set(ids).size).toBe(ids.length);
          expect(tracks.liveIds).toEqual(expect.arrayContaining(ids));
        }
      }),
    );
  });

  it('keeps the ids of faces that walk about at random without meeting', () => {
    const walk = fc.array(fc.tuple(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -6, max: 6 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(walk, walk, (one, other) => {
        const tracks = tracker();
        let [left, right] = [face(200), face(1200)].map(({ box }) => box);
        for (let frame = 0; frame < Math.max(one.length, other.length); frame += 1) {
          left = moved(left, one[frame]);
          right = moved(right, other[frame]);
          expect(tracks.update(frame * FRAME_MS, [{ box: left }, { box: right }])).toEqual(['face 1', 'face 2']);
        }
      }),
    );
  });

  it('refuses a time before the last', () => {
    const tracks = tracker();
    tracks.update(80, []);
    expect(() => tracks.update(40, [])).toThrow('40 ms came after 80 ms');
  });
});

function moved(box: Box, [x, y]: readonly [number, number] = [0, 0]): Box {
  return { ...box, x: box.x + x, y: box.y + y };
}
