import { expect, test } from 'vitest'
import { configFrom } from './config.ts'

test('without a word it is one deployment at the usual address', () => {
  expect(configFrom({}, [], '/home')).toEqual({
    port: 3_000,
    hostname: '127.0.0.1',
    dataDir: '/home/data',
    baseUrl: 'http://127.0.0.1:3000',
    deployment: null,
    tmdbKey: undefined,
  })
})

test('a mirror keeps its own data, address and cookies beside the first', () => {
  expect(configFrom({}, ['--mirror'], '/home')).toMatchObject({
    port: 3_001,
    dataDir: '/home/data/mirror',
    baseUrl: 'http://localhost:3001',
    deployment: 'Mirror',
  })
})

test('the environment has the last word', () => {
  const env = {
    PORT: '8080',
    HOST: '0.0.0.0',
    NOBOIL_DATA: '/var/demo',
    BASE_URL: 'https://demo.example',
    TMDB_KEY: 'key',
  }
  expect(configFrom(env, ['--mirror'], '/home')).toMatchObject({
    port: 8_080,
    hostname: '0.0.0.0',
    dataDir: '/var/demo',
    baseUrl: 'https://demo.example',
    tmdbKey: 'key',
  })
})

test.each(['x', '-1', '65536', '80.5'])('PORT=%s is refused in a sentence', (port) => {
  expect(() => configFrom({ PORT: port }, [], '/home')).toThrow(`PORT is '${port}'; it must be`)
})

test('an option that does not exist is refused by name', () => {
  expect(() => configFrom({}, ['--miror'], '/home')).toThrow("There is no option '--miror'")
})
