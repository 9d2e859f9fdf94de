import { describe, expect, it } from 'vitest';
import { serviceSettings } from './service-settings.js';
import { addressSetting, choiceSetting, databaseSettings, integerSetting, textSetting } from './setting-kinds.js';
import { readConfig } from './settings.js';

const SETTINGS = {
  workers: integerSetting('WORKERS', 'worker threads', { min: 1, max: 8, default: 2 }),
  mode: choiceSetting('MODE', 'how', ['fast', 'exact'], 'exact'),
  folder: textSetting('FOLDER', 'where', 'a folder'),
  address: addressSetting('ADDRESS', 'whom', '127.0.0.1:1'),
};

describe('readConfig', () => {
  it('gives typed values, and defaults for what is unset or empty', () => {
    expect(readConfig(SETTINGS, { FOLDER: '/data', WORKERS: '4', MODE: '' })).toEqual({
      workers: 4,
      mode: 'exact',
      folder: '/data',
      address: '127.0.0.1:1',
    });
  });

  it('names every bad variable, its value and what is allowed', () => {
    const read = () => readConfig(SETTINGS, { WORKERS: '9', MODE: 'slow', ADDRESS: 'nowhere' });
    expect(read).toThrow(expect.objectContaining({ reason: 'CONFIG_INVALID' }));
    expect(read).toThrow('WORKERS: it is "9"; allowed is a whole number from 1 to 8 (default 2)');
    expect(read).toThrow('MODE: it is "slow"; allowed is fast, exact (default exact)');
    expect(read).toThrow('FOLDER: it is not set; allowed is a folder');
    expect(read).toThrow('ADDRESS: it is "nowhere"; allowed is host:port (default 127.0.0.1:1)');
  });

  it.each(['1.5', 'three', '-1', '1e9', 'NaN', ' '])('takes only whole numbers within bounds: %j', (text) => {
    expect(() => readConfig({ workers: SETTINGS.workers }, { WORKERS: text })).toThrow('WORKERS');
  });

  it.each(['[::1]:50051', '0.0.0.0:0', 'registry.resmask.svc:50052'])('takes addresses: %s', (text) => {
    expect(readConfig({ address: SETTINGS.address }, { ADDRESS: text })).toEqual({ address: text });
  });

  it('never repeats a secret', () => {
    const read = () => readConfig(databaseSettings(), { DATABASE_URL: 'mysql://me:secret@host/db' });
    expect(read).toThrow('DATABASE_URL: it is not of the right form');
    expect(read).not.toThrow('secret');
  });

  it('listens on loopback unless it is told otherwise', () => {
    expect(readConfig(serviceSettings('127.0.0.1:50051'), {}).listen).toBe('127.0.0.1:50051');
  });
});
