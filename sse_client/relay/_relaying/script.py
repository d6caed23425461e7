"""The Lua script of the relay: who leads, and the write of events and checkpoint in one step."""

from __future__ import annotations

from typing import Final

__all__ = ["RELAY"]

# KEYS: state, lease, seen, then a stream for each partition. ARGV: the operation, the caller's token, then the
# operation's own arguments.
#
# The lease holds the leader's token and expires by the server's clock, so hosts need not agree on the time. Each term
# has a new token, so the token of a host that was paused for longer than its lease no longer matches.
#
# A script is not rolled back when a command in it fails. So types are checked first, and the first command that
# writes is one that Redis refuses when its memory is full.
RELAY: Final = r"""
local state, lease, seen = KEYS[1], KEYS[2], KEYS[3]
local op, token = ARGV[1], ARGV[2]
local first_stream = 4

local function wrong_type(key, wanted)
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= 'none' and kind ~= wanted then return {'wrongtype', key, kind, wanted} end
end

local function field(entry, name)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == name then return entry[2][i + 1] end
  end
end

-- The newest entry of all partitions: its count is the greatest.
local function newest()
  local count, place, positions = 0, '', {}
  for i = first_stream, #KEYS do
    local last = redis.call('XREVRANGE', KEYS[i], '+', '-', 'COUNT', 1)[1]
    local number = last and tonumber(field(last, 'n') or '')
    if number then
      positions[#positions + 1] = 'pos:' .. KEYS[i]
      positions[#positions + 1] = field(last, 'pos') or field(last, 'n')
      if number > count then count, place = number, field(last, 'id') or '' end
    end
  end
  return count, place, positions
end

local function acquire(milliseconds, host, config)
  local bad = wrong_type(state, 'hash') or wrong_type(lease, 'string') or wrong_type(seen, 'zset')
  for i = first_stream, #KEYS do bad = bad or wrong_type(KEYS[i], 'stream') end
  if bad then return bad end
  local before = redis.call('HMGET', state, 'host', 'config', 'count', 'place', 'unguarded', 'partitions', 'batch')
  local holder = redis.call('GET', lease)
  if holder and holder ~= token then  -- the caller's own: the answer to its last try was lost
    return {'held', before[1] or '', before[2] or '', redis.call('PTTL', lease), before[3] or '0', before[4] or ''}
  end
  local term = redis.call('HINCRBY', state, 'term', 1)
  local note = ''
  if not before[3] then
    local count, place, positions = newest()
    before[3], before[4] = tostring(count), place
    redis.call('HSET', state, 'count', count, 'place', place, unpack(positions))
    if count > 0 then note = 'recovered' end
  elseif before[3] ~= '0' then
    -- Of the streams that were written to: after a change of partitions, there are some that never were.
    local written, there = 0, 0
    for i = first_stream, #KEYS do
      if redis.call('HEXISTS', state, 'pos:' .. KEYS[i]) == 1 then
        written, there = written + 1, there + redis.call('EXISTS', KEYS[i])
      end
    end
    if written > 0 and there == 0 then note = 'deleted' end
  end
  redis.call('HSET', state, 'host', host, 'config', config, 'partitions', #KEYS - first_stream + 1)
  redis.call('SET', lease, token, 'PX', milliseconds)
  local host_before, config_before, batch = before[1] or '', before[2] or '', before[7] or ''
  local unguarded, partitions = before[5] or '0', before[6] or '0'
  return {'leads', term, before[3], before[4] or '', unguarded, host_before, config_before, note, batch, partitions}
end

local function scores(names)
  local known = {}
  for start = 1, #names, 1000 do
    local stop = math.min(start + 999, #names)
    local found = redis.call('ZMSCORE', seen, unpack(names, start, stop))
    for i = 1, #found do
      if found[i] then known[names[start + i - 1]] = true end
    end
  end
  return known
end

local function remember(added, count, window)
  for start = 1, #added, 1000 do
    redis.call('ZADD', seen, unpack(added, start, math.min(start + 999, #added)))
  end
  if count > window then redis.call('ZREMRANGEBYSCORE', seen, '-inf', count - window) end
end

-- An event is {id, type, data, partition, checksum}; without a checksum it is not guarded.
local function write(milliseconds, expected, batch, payload, window, longest)
  if redis.call('GET', lease) ~= token then return {'fenced', redis.call('HGET', state, 'host') or ''} end
  local before = redis.call('HMGET', state, 'count', 'batch', 'place')
  local count = tonumber(before[1] or '0')
  if before[2] == batch then
    redis.call('PEXPIRE', lease, milliseconds)
    return {'written', count - expected, 0}
  end
  if count ~= expected then return {'moved', before[1] or '0', before[3] or ''} end
  local events = cmsgpack.unpack(payload)
  local names, used, fields = {}, {}, {}
  for i = 1, #events do
    local event = events[i]
    if event[5] then names[#names + 1] = event[1] .. '\0' .. event[5] end
    if not used[event[4]] then
      used[event[4]] = #fields + 1
      fields[#fields + 1] = 'pos:' .. KEYS[first_stream + event[4]]
    end
  end
  local deleted = 0
  local positions = redis.call('HMGET', state, unpack(fields))
  for partition, index in pairs(used) do
    local kind = redis.call('TYPE', KEYS[first_stream + partition])['ok']
    if kind == 'none' then
      if positions[index] then deleted = deleted + 1 end
    elseif kind ~= 'stream' then
      return {'wrongtype', KEYS[first_stream + partition], kind, 'stream'}
    end
    positions[index] = tonumber(positions[index] or '0')
  end
  local known = window > 0 and #names > 0 and scores(names) or {}
  local added, unguarded, place = {}, 0, before[3]
  for i = 1, #events do
    local event = events[i]
    local name = event[5] and event[1] .. '\0' .. event[5]
    if not (name and known[name]) then
      count = count + 1
      local index = used[event[4]]
      positions[index] = positions[index] + 1
      local stream = KEYS[first_stream + event[4]]
      if longest > 0 then
        redis.call('XADD', stream, 'MAXLEN', '~', longest, '*', 'id', event[1], 'event', event[2], 'data', event[3],
          'n', count, 'pos', positions[index])
      else
        redis.call('XADD', stream, '*', 'id', event[1], 'event', event[2], 'data', event[3],
          'n', count, 'pos', positions[index])
      end
      place = event[1]
      if not name then
        unguarded = unguarded + 1
      elseif window > 0 then
        known[name] = true
        added[#added + 1] = count
        added[#added + 1] = name
      end
    end
  end
  if count > expected then
    local changes = {'count', count, 'place', place, 'batch', batch}
    for partition, index in pairs(used) do
      changes[#changes + 1] = fields[index]
      changes[#changes + 1] = positions[index]
    end
    redis.call('HSET', state, unpack(changes))
    if unguarded > 0 then redis.call('HINCRBY', state, 'unguarded', unguarded) end
    if window > 0 then remember(added, count, window) end
  end
  redis.call('PEXPIRE', lease, milliseconds)
  return {'written', count - expected, deleted}
end

if op == 'acquire' then return acquire(ARGV[3], ARGV[4], ARGV[5]) end
if op == 'write' then
  return write(ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]))
end
if redis.call('GET', lease) ~= token then return {'fenced', redis.call('HGET', state, 'host') or ''} end
if op == 'renew' then
  redis.call('PEXPIRE', lease, ARGV[3])
else
  redis.call('DEL', lease)
end
return {'ok'}
"""
