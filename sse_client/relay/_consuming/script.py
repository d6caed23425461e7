"""The Lua script of the consumers: who owns a partition, what may be read, and which entries were lost unread."""

from __future__ import annotations

from typing import Final

__all__ = ["CONSUMER"]

# KEYS: state, groups, dead, stream, members, then the key with the partition's owner (for `share` and `leave`, those of
# all partitions; for `unfinished`, the streams).
# ARGV: the operation, the group, the consumer, then the operation's own arguments.
#
# The owner's key is used only if the group reads in order; then ARGV contains the consumer's token.
CONSUMER: Final = r"""
local state, groups, dead, stream, members = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local op, group, consumer = ARGV[1], ARGV[2], ARGV[3]
local mark = group .. ':' .. stream
-- No group's name begins with a colon.
local untold = ':lost:' .. mark

local function field(entry, name)
  if not entry or not entry[2] then return nil end
  for i = 1, #entry[2], 2 do
    if entry[2][i] == name then return entry[2][i + 1] end
  end
end

local function kind_of(key) return redis.call('TYPE', key)['ok'] end

local function position(entry) return tonumber(field(entry, 'pos') or '') end

local function written(key) return tonumber(redis.call('HGET', state, 'pos:' .. key) or '0') end

-- How far the group has read; nil where that is not known. It is 0 where it has read more than was written: someone has
-- deleted the stream and the relay's place, and the relay counts anew.
local function has_read(key)
  local read = tonumber(redis.call('HGET', groups, group .. ':' .. key) or '')
  if read and read > written(key) then return 0 end
  return read
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function found_lost(key)
  local packed = redis.call('HGET', groups, ':lost:' .. group .. ':' .. key)
  return packed and cmsgpack.unpack(packed) or {}
end

local function keep_lost(all)
  redis.call('HDEL', groups, untold)  -- it frees memory: after it, Redis refuses no write of this script for want of it
  if #all > 0 then redis.call('HSET', groups, untold, cmsgpack.pack(all)) end
end

-- What is found to be lost is kept until its owner was told: who found it may die first. For each consumer that found
-- some: its name, when, how many whose IDs are not known, and the IDs of the others. Returned is what this one has to
-- tell: what it has found, now or in an answer that did not reach it, and what others found that have been silent for
-- `idle` milliseconds.
local function lose(count, ids, idle)
  local all = found_lost(stream)
  if count + #ids + #all == 0 then return {0, ids} end
  local time, others, mine, known = now(), {}, {}, {}
  local function add(new)
    for _, id in ipairs(new) do
      if not known[id] then mine[#mine + 1] = id end
      known[id] = true
    end
  end
  for _, each in ipairs(all) do
    if each[1] == consumer or math.abs(time - each[2]) >= idle then  -- a clock may be set back
      count = count + each[3]
      add(each[4])
    else
      others[#others + 1] = each
    end
  end
  add(ids)
  if count + #mine > 0 then
    others[#others + 1] = {consumer, time, count, mine}
    keep_lost(others)
  end
  return {count + #mine, mine}
end

local function told()
  local others = {}
  for _, each in ipairs(found_lost(stream)) do
    if each[1] ~= consumer then others[#others + 1] = each end
  end
  keep_lost(others)
  return {'ok'}
end

local function without_group(answer) return string.find(answer['err'], 'NOGROUP', 1, true) ~= nil end

-- The ID after which a new group reads. A stream that the relay began to write to when the group was there, because it
-- was given more partitions, is read from when the group began; so is one whose group someone has removed.
local function first_id(start)
  if start ~= '$' then return start end
  if redis.call('HSETNX', groups, group, string.format('%.0f-0', now())) == 1 then return start end
  local began = redis.call('HGET', groups, group)
  local later = kind_of(stream) == 'stream' and redis.call('XRANGE', stream, '(' .. began, '+', 'COUNT', 1)[1]
  return later and began or start
end

-- Where the group starts: how many entries come before the first one that it will be given.
local function before_first(id)
  if id == '$' then return written(stream) end
  local first = position(redis.call('XRANGE', stream, '(' .. id, '+', 'COUNT', 1)[1])
  return first and first - 1 or written(stream)
end

-- How far a group has read that something else made; what it lost before is not known.
local function already_read(key)
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    local map = {}
    for i = 1, #info, 2 do map[info[i]] = info[i + 1] end
    if map['name'] == group then
      local at = position(redis.call('XRANGE', key, map['last-delivered-id'], '+', 'COUNT', 1)[1])
      if not at then return written(key) end
      local exact = #redis.call('XRANGE', key, map['last-delivered-id'], map['last-delivered-id']) == 1
      return exact and at or at - 1
    end
  end
end

-- How many partitions the relay writes to; 0 where none has run yet.
local function partitions() return tonumber(redis.call('HGET', state, 'partitions') or '0') end

local function join(start)
  local kind = kind_of(stream)
  if kind ~= 'none' and kind ~= 'stream' then return {'wrongtype', stream, kind, 'stream'} end
  local read = kind == 'stream' and already_read(stream)
  local known = has_read(stream)
  -- Nothing is written where there is nothing to do, so that a consumer can come back though memory is full.
  local before, again = read, 0
  if not read then
    local first = first_id(start)
    redis.call('XGROUP', 'CREATE', stream, group, first, 'MKSTREAM')
    before = before_first(first)
    -- Someone has removed the group: what it had been given before comes again.
    again = known and math.max(0, known - before) or 0
  end
  if not known then redis.call('HSET', groups, mark, before) end
  return {'ok', again}
end

-- How many partitions the relay has, and the names of all streams that it has written to.
local function layout()
  local names = {}
  for _, name in ipairs(redis.call('HKEYS', state)) do
    if string.sub(name, 1, 4) == 'pos:' then names[#names + 1] = string.sub(name, 5) end
  end
  return {'ok', partitions(), names}
end

-- How much of each stream the group has not finished; all of one that it does not know and would start with.
local function unfinished(start)
  local counts = {}
  for i = 6, #KEYS do
    local key = KEYS[i]
    local exists = kind_of(key) == 'stream'
    local read = has_read(key) or (exists and already_read(key))
    local count = 0
    if read then
      local pending = exists and redis.pcall('XPENDING', key, group)
      count = math.max(0, written(key) - read) + (pending and not pending['err'] and pending[1] or 0)
      for _, each in ipairs(found_lost(key)) do count = count + each[3] + #each[4] end
    elseif exists and start == '0' then
      count = redis.call('XLEN', key)
    end
    counts[i - 5] = count
  end
  return {'ok', counts}
end

local function owns(key, token, milliseconds)
  if token == '' then return true end
  if redis.call('GET', key) ~= token then return false end
  redis.call('PEXPIRE', key, milliseconds)
  return true
end

local function read(count, token, milliseconds)
  if not owns(KEYS[6], token, milliseconds) then return {'fenced'} end
  local answer = redis.pcall('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>')
  if answer and answer['err'] then
    if without_group(answer) then return {'nogroup'} end
    return redis.error_reply(answer['err'])
  end
  local entries = answer and answer[1] and answer[1][2] or {}
  local done = has_read(stream) or -1
  local first, last
  for _, entry in ipairs(entries) do
    last = position(entry) or last  -- an entry of another program has none
    first = first or last
  end
  if #entries == 0 then
    -- Everything that was written has been given to someone, or is gone.
    first, last = written(stream) + 1, written(stream)
  end
  local lost = 0
  if first and done >= 0 and first > done + 1 then lost = first - done - 1 end
  if last and last > done then redis.call('HSET', groups, mark, last) end
  local latest = entries[#entries] and entries[#entries][1]
  if not latest then
    local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    latest = newest and newest[1] or '0-0'
  end
  return {'ok', lose(lost, {}, math.huge), latest, entries, #entries == 0 and partitions() or 0}
end

local function claim(idle, cursor, count, token, milliseconds)
  if not owns(KEYS[6], token, milliseconds) then return {'fenced'} end
  -- JUSTID: nothing is counted as given out until its turn comes.
  local answer = redis.pcall('XAUTOCLAIM', stream, group, consumer, idle, cursor, 'COUNT', count, 'JUSTID')
  if answer['err'] then
    if without_group(answer) then return {'nogroup'} end
    return redis.error_reply(answer['err'])
  end
  return {'ok', lose(0, answer[3] or {}, tonumber(idle)), answer[1], answer[2]}
end

-- An entry that was given out before, if it is still this consumer's; it is counted now. What is gone from the stream
-- was trimmed, or deleted with it; where it may have been another's in between (`kept` is 0), that one had it.
local function again(id, kept)
  local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
  if pending['err'] and not without_group(pending) then return redis.error_reply(pending['err']) end
  local one = not pending['err'] and pending[1]
  if not one then
    local gone = kept == '1' and #redis.call('XRANGE', stream, id, id) == 0
    return {'ok', gone and lose(0, {id}, math.huge) or {0, {}}, {}}
  end
  if one[2] ~= consumer then return {'ok', {0, {}}, {}} end
  local entry = redis.call('XCLAIM', stream, group, consumer, 0, id)[1]
  if not entry or not entry[2] then
    redis.call('XACK', stream, group, id)
    return {'ok', lose(0, {id}, math.huge), {}}
  end
  return {'ok', {0, {}}, {{id, entry[2], one[4] + 1}}}
end

local function own(count)
  local ids = {}
  local pending = redis.pcall('XPENDING', stream, group, '-', '+', count, consumer)
  if pending['err'] then
    if without_group(pending) then return {'nogroup'} end
    return redis.error_reply(pending['err'])
  end
  for _, entry in ipairs(pending) do ids[#ids + 1] = entry[1] end
  return {'ok', ids}
end

-- Keeps what is in hand from being claimed by others, or, with a long idle time, offers it to them. XCLAIM would forget
-- an entry that was trimmed: it stays pending while its consumer has it, and is lost when that offers it.
local function touch(idle, first)
  local gone = {}
  for i = first, #ARGV do
    local id = ARGV[i]
    local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
    if not pending['err'] and pending[1] and pending[1][2] == consumer then
      if #redis.call('XRANGE', stream, id, id) == 1 then
        redis.call('XCLAIM', stream, group, consumer, 0, id, 'IDLE', idle, 'JUSTID')
      elseif tonumber(idle) > 0 then
        redis.call('XACK', stream, group, id)
        gone[#gone + 1] = id
      end
    end
  end
  return {'ok', #gone > 0 and lose(0, gone, math.huge) or {0, {}}}
end

local function bury(id, first)
  local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
  if pending['err'] then
    if not without_group(pending) then return redis.error_reply(pending['err']) end  -- else nobody else can have it
  elseif not pending[1] or pending[1][2] ~= consumer then
    return {'gone'}
  end
  redis.call('XADD', dead, '*', unpack(ARGV, first))
  redis.call('XACK', stream, group, id)
  return {'ok'}
end

-- Divides the partitions between the living: who has too many gives some back, who has too few takes what is free.
-- Without `move`, only what is held stays held.
local function share(token, milliseconds, move)
  local time = now()
  -- First what frees memory: after it, Redis refuses this script no write, though its memory is full.
  redis.call('ZREMRANGEBYSCORE', members, '-inf', time)
  redis.call('ZADD', members, time + milliseconds, consumer)
  local total = #KEYS - 5
  local fair = move == '1' and math.ceil(total / redis.call('ZCARD', members)) or total
  local mine = {}
  for i = 1, total do
    if redis.call('GET', KEYS[i + 5]) == token then
      if #mine < fair then
        redis.call('PEXPIRE', KEYS[i + 5], milliseconds)
        mine[#mine + 1] = i - 1
      else
        redis.call('DEL', KEYS[i + 5])
      end
    end
  end
  for i = 1, move == '1' and total or 0 do
    if #mine >= fair then break end
    if redis.call('SET', KEYS[i + 5], token, 'PX', milliseconds, 'NX') then mine[#mine + 1] = i - 1 end
  end
  return {'ok', mine}
end

local function leave(token)
  redis.call('ZREM', members, consumer)
  for i = 6, #KEYS do
    if redis.call('GET', KEYS[i]) == token then redis.call('DEL', KEYS[i]) end
  end
  return {'ok'}
end

if op == 'join' then return join(ARGV[4]) end
if op == 'layout' then return layout() end
if op == 'unfinished' then return unfinished(ARGV[4]) end
if op == 'read' then return read(ARGV[4], ARGV[5], ARGV[6]) end
if op == 'claim' then return claim(ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]) end
if op == 'own' then return own(ARGV[4]) end
if op == 'again' then return again(ARGV[4], ARGV[5]) end
if op == 'told' then return told() end
if op == 'touch' then return touch(ARGV[4], 5) end
if op == 'ack' then return {'ok', redis.call('XACK', stream, group, ARGV[4])} end
if op == 'bury' then return bury(ARGV[4], 5) end
if op == 'share' then return share(ARGV[4], ARGV[5], ARGV[6]) end
return leave(ARGV[4])
"""
