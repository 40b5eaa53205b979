/**
 * What Redis does in one step, in Lua. Keys of one cache share a hash tag, so that a cluster keeps them together.
 *
 * - `tags` (sorted set): each name with the number of its last change; `=seq` counts changes, `=epoch` names the history that the
 *   numbers belong to. One key, so that it is there as a whole or not at all: without it, a new history begins.
 * - `sets` (sorted set): keys that were set by the app, with the number of the change; the latest ones alone.
 * - an entry (string): `1 epoch asOf loadedAt freshMs tags`, a line feed, the value. Times are Redis' own.
 * - a lease (hash): who loads a key, as of which change, and whether somebody waits.
 * @module
 */

const prelude = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function int(number) return string.format('%.0f', number) end
local function version(tags, name) return tonumber(redis.call('ZSCORE', tags, name) or '0') end
local function begin(tags, epoch)
  if redis.call('ZSCORE', tags, '=epoch') then return end
  redis.call('DEL', tags)
  redis.call('ZADD', tags, epoch, '=epoch', 0, '=seq')
end
local function current(tags, names, asOf)
  for name in string.gmatch(names, '[^,]+') do
    if version(tags, name) > asOf then return false end
  end
  return true
end
local function header(text)
  local epoch, asOf, loadedAt, freshMs, names = string.match(text, '^1 (%d+) (%d+) (%d+) (%d+) (%S+)\\n')
  return tonumber(epoch), tonumber(asOf), tonumber(loadedAt), tonumber(freshMs), names
end
local function done(lease, channel, key)
  local waited = redis.call('HGET', lease, 'waited')
  redis.call('DEL', lease)
  if waited then redis.call('PUBLISH', channel, 'w ' .. key) end
end
`

/**
 * Begins a session. A server that was started anew may have gone back in time, so it begins a new history.
 * Keys: tags, sets, run. Arguments: the epoch of a new history. Answers `[epoch, seq, time, [name, version, …]]`.
 */
const open = `
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
if redis.call('GET', KEYS[3]) ~= run then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('SET', KEYS[3], run)
end
begin(KEYS[1], ARGV[1])
return {
  redis.call('ZSCORE', KEYS[1], '=epoch'), redis.call('ZSCORE', KEYS[1], '=seq'), int(now()),
  redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES'),
}
`

/**
 * What has changed since. Keys: tags, sets. Arguments: the number up to which everything is known, how many sets are kept.
 * Answers `[epoch, seq, time, [name, version, …], [key, version, …]]`, or nothing when the history is gone.
 */
const sync = `
local epoch = redis.call('ZSCORE', KEYS[1], '=epoch')
if not epoch then return false end
local since = '(' .. ARGV[1]
return {
  epoch, redis.call('ZSCORE', KEYS[1], '=seq'), int(now()),
  redis.call('ZRANGEBYSCORE', KEYS[1], since, '(' .. epoch, 'WITHSCORES'),
  redis.call('ZRANGEBYSCORE', KEYS[2], since, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2]),
}
`

/** Keys: tags. Arguments: new epoch, channel, message, names… Answers `[epoch, seq]`. */
const change = `
begin(KEYS[1], ARGV[1])
local epoch = redis.call('ZSCORE', KEYS[1], '=epoch')
local seq = redis.call('ZINCRBY', KEYS[1], 1, '=seq')
for at = 4, #ARGV do redis.call('ZADD', KEYS[1], seq, ARGV[at]) end
redis.call('PUBLISH', ARGV[2], 'c ' .. epoch .. ' ' .. seq .. ' ' .. ARGV[3])
return { epoch, seq }
`

/**
 * A fresh entry, or the lease to load it. A lease whose load began before a change is taken from its holder.
 * Keys: tags, entry, lease. Arguments: token, lease in ms, names, epoch.
 * Answers `['entry', text]`, `['lease', seq, text or '']`, `['held', ms left]` or `['over']`.
 */
const take = `
local epoch = tonumber(redis.call('ZSCORE', KEYS[1], '=epoch') or '0')
if epoch ~= tonumber(ARGV[4]) then return { 'over' } end
local seq = redis.call('ZSCORE', KEYS[1], '=seq')
local text = redis.call('GET', KEYS[2])
if text then
  local era, asOf, loadedAt, freshMs, names = header(text)
  if era ~= epoch or names ~= ARGV[3] then text = false
  elseif loadedAt + freshMs > now() and current(KEYS[1], names, asOf) then return { 'entry', text } end
end
local lease = redis.call('HMGET', KEYS[3], 'token', 'asOf')
if lease[1] and lease[1] ~= ARGV[1] and current(KEYS[1], ARGV[3], tonumber(lease[2])) then
  redis.call('HSET', KEYS[3], 'waited', '1')
  return { 'held', redis.call('PTTL', KEYS[3]) }
end
redis.call('HSET', KEYS[3], 'token', ARGV[1], 'asOf', seq)
redis.call('PEXPIRE', KEYS[3], ARGV[2])
return { 'lease', seq, text or '' }
`

/**
 * Keeps what was loaded, unless somebody else has the lease, a later value is there or was, or a change came meanwhile.
 * Keys: tags, entry, lease, sets. Arguments: token, epoch, asOf, fresh ms, keep ms, names, channel, key, value.
 * Answers `[stored, current]` as 0 or 1.
 */
const store = `
local epoch = tonumber(redis.call('ZSCORE', KEYS[1], '=epoch') or '0')
if epoch ~= tonumber(ARGV[2]) then return { 0, 0 } end
local asOf = tonumber(ARGV[3])
local isCurrent = current(KEYS[1], ARGV[6], asOf)
local token = redis.call('HGET', KEYS[3], 'token')
local stores = isCurrent
if token ~= ARGV[1] then
  if token then stores = false end
  local present = redis.call('GET', KEYS[2])
  if present then
    local era, loaded = header(present)
    if era == epoch and loaded >= asOf then stores = false end
  end
  if version(KEYS[4], ARGV[8]) > asOf then stores = false end
end
if stores then
  local text = '1 ' .. int(epoch) .. ' ' .. int(asOf) .. ' ' .. int(now()) .. ' ' .. ARGV[4] .. ' ' .. ARGV[6] .. '\\n' .. ARGV[9]
  redis.call('SET', KEYS[2], text, 'PX', ARGV[5])
end
if token == ARGV[1] then done(KEYS[3], ARGV[7], ARGV[8]) end
return { stores and 1 or 0, isCurrent and 1 or 0 }
`

/** Gives a lease back. Keys: lease. Arguments: token, channel, key. */
const release = `
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then done(KEYS[1], ARGV[2], ARGV[3]) end
return 1
`

/** Keys: lease. Arguments: token, lease in ms. Answers whether it is still held. */
const renew = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`

/**
 * Puts a value in the place of whatever is there or being loaded; nothing, if a change has come since `asOf`, or keep ms is 0.
 * Keys: tags, entry, lease, sets. Arguments: epoch, asOf, fresh ms, keep ms, names, channel, key, how many sets are kept, value.
 * Answers `[seq, kept]`, or `[0, 0]`: history is over.
 */
const set = `
local epoch = tonumber(redis.call('ZSCORE', KEYS[1], '=epoch') or '0')
if epoch ~= tonumber(ARGV[1]) then return { '0', 0 } end
local keeps = tonumber(ARGV[4]) > 0 and current(KEYS[1], ARGV[5], tonumber(ARGV[2]))
local seq = redis.call('ZINCRBY', KEYS[1], 1, '=seq')
if keeps then
  local text = '1 ' .. int(epoch) .. ' ' .. seq .. ' ' .. int(now()) .. ' ' .. ARGV[3] .. ' ' .. ARGV[5] .. '\\n' .. ARGV[9]
  redis.call('SET', KEYS[2], text, 'PX', ARGV[4])
else redis.call('DEL', KEYS[2]) end
done(KEYS[3], ARGV[6], ARGV[7])
redis.call('ZADD', KEYS[4], seq, ARGV[7])
redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -ARGV[8] - 1)
redis.call('PUBLISH', ARGV[6], 's ' .. int(epoch) .. ' ' .. seq .. ' ' .. ARGV[7])
return { seq, keeps and 1 or 0 }
`

export type ScriptName = 'open' | 'sync' | 'change' | 'take' | 'store' | 'release' | 'renew' | 'set'

export const scripts: Readonly<Record<ScriptName, string>> = {
  open: prelude + open,
  sync: prelude + sync,
  change: prelude + change,
  take: prelude + take,
  store: prelude + store,
  release: prelude + release,
  renew: prelude + renew,
  set: prelude + set,
}
