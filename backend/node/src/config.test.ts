import { expect, test } from 'vitest'
import { configFrom } from './config.ts'

test('without a word it is one deployment at the usual address, which would tell a mirror beside it', () => {
  expect(configFrom({}, [], '/home')).toEqual({
    isMirror: false,
    port: 3_000,
    hostname: '127.0.0.1',
    dataDir: '/home/data',
    sharedDir: '/home/data',
    baseUrl: 'http://127.0.0.1:3000',
    peerUrl: 'http://localhost:3001',
    tellsPeer: true,
    service: null,
    redisUrl: undefined,
    tmdbKey: undefined,
  })
})

test('a mirror keeps its own data, address and cookies beside the first', () => {
  expect(configFrom({}, ['--mirror'], '/home')).toMatchObject({
    isMirror: true,
    port: 3_001,
    dataDir: '/home/data/mirror',
    sharedDir: '/home/data',
    baseUrl: 'http://localhost:3001',
    peerUrl: 'http://127.0.0.1:3000',
  })
})

test('the same environment means the same two deployments to both', () => {
  const env = { PORT: '8080', MIRROR_PORT: '9090', HOST: '0.0.0.0', NOBOIL_DATA: '/var/demo' }
  const first = configFrom(env, [], '/home')
  const mirror = configFrom(env, ['--mirror'], '/home')
  expect(first).toMatchObject({ port: 8_080, peerUrl: mirror.baseUrl, dataDir: '/var/demo' })
  expect(mirror).toMatchObject({
    port: 9_090,
    peerUrl: 'http://127.0.0.1:8080',
    sharedDir: first.dataDir,
  })
})

test('the environment has the last word', () => {
  const env = {
    PORT: '8080',
    BASE_URL: 'https://demo.example',
    CACHE_MIRRORS: 'https://other.example',
    SERVICE_EMAIL: 'mirror@demo.example',
    SERVICE_PASSWORD: 'a password',
    REDIS_URL: 'redis://localhost',
    TMDB_KEY: 'key',
  }
  expect(configFrom(env, [], '/home')).toMatchObject({
    port: 8_080,
    baseUrl: 'https://demo.example',
    tellsPeer: false,
    service: { email: 'mirror@demo.example', password: 'a password' },
    redisUrl: 'redis://localhost',
    tmdbKey: 'key',
  })
})

test('half an account is none', () => {
  expect(configFrom({ SERVICE_EMAIL: 'mirror@demo.example' }, [], '/home').service).toBeNull()
})

test('whoever takes any free port has no mirror, and nobody can mirror them', () => {
  expect(configFrom({ PORT: '0' }, [], '/home')).toMatchObject({ port: 0, peerUrl: null })
  expect(() => configFrom({ PORT: '0' }, ['--mirror'], '/home')).toThrow(/set PORT to its port/)
})

test.each(['x', '-1', '65536', '80.5', ''])('PORT=%s is refused in a sentence', (port) => {
  expect(() => configFrom({ PORT: port }, [], '/home')).toThrow(`PORT is '${port}'; it must be`)
})

test('a mirror’s port that cannot be is refused by its own name', () => {
  expect(() => configFrom({ PORT: '65535' }, [], '/home')).toThrow("MIRROR_PORT is '65536'")
})

test('an option that does not exist is refused by name', () => {
  expect(() => configFrom({}, ['--miror'], '/home')).toThrow("There is no option '--miror'")
})
