import { expect, test } from 'vitest'
import { configFrom } from './config.ts'
import { welcome } from './welcome.ts'

const said = (env: Readonly<Record<string, string>>, args: readonly string[] = []): string => {
  const opened = { open: 'http://a', adminEmail: 'admin@a', password: 'secret', films: 'TMDB' }
  return welcome(configFrom(env, args, '/home'), opened)
}

test('both apps, the admin’s account and where everything is kept are said', () => {
  const text = said({})
  expect(text).toContain('Poll is open at http://a\n')
  expect(text).toContain('Movie is open at http://a/movie\n')
  expect(text).toMatch(/admin@a\s+secret\s+\(kept in \/home\/data\/admin-password\)/)
  expect(text).toContain('in memory; what it does is in /home/data/logs/cache.json')
})

test('the first deployment says how to open a mirror, and the mirror whose it is', () => {
  expect(said({})).toContain('start:mirror, in another terminal, opens a second deployment')
  expect(said({}, ['--mirror'])).toContain('a mirror of http://127.0.0.1:3000, with data of its')
})

test('nobody is promised a mirror that nobody would tell', () => {
  expect(said({ PORT: '0' })).toContain('set PORT')
  const named = said({ CACHE_MIRRORS: 'https://other.example' })
  expect(named).toContain('the deployments that CACHE_MIRRORS names')
  expect(named).not.toContain('start:mirror')
})

test('Redis is said where it is used, without its address, which may hold a password', () => {
  const text = said({ REDIS_URL: 'redis://:hunter2@redis.example' })
  expect(text).toContain('in memory and Redis;')
  expect(text).not.toContain('hunter2')
})
