"""Measures how far the consumers are behind the relay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sse_client.relay._redis.link import Link, Script, text

if TYPE_CHECKING:
    from sse_client.relay._redis.keys import Keys

__all__ = ["Lag", "lag"]

# KEYS: state, groups, then the streams that the relay writes to, then those that it wrote to when it had another number
# of partitions. ARGV: 1 to trim what every group has acknowledged, else 0; how many of the streams are written to; 1 if
# the others are named, else 0.
# Redis's own lag of a group includes entries that were trimmed before they were read, for as long as the stream exists.
# So the position that `consume` stores is preferred; Redis's lag is used for the groups of other programs.
_LAG: Final = r"""
local first_stream, current = 3, tonumber(ARGV[2])

local function pairs_of(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

local function earlier(a, b)
  local a_time, a_number = string.match(a, '(%d+)-(%d+)')
  local b_time, b_number = string.match(b, '(%d+)-(%d+)')
  if tonumber(a_time) ~= tonumber(b_time) then return tonumber(a_time) < tonumber(b_time) end
  return tonumber(a_number) < tonumber(b_number)
end

-- The streams that were written to are named in the state. Keys must be named by the caller: it asks again with them.
local named, others = {}, {}
for i = first_stream, #KEYS do named['pos:' .. KEYS[i]] = true end
for _, field in ipairs(ARGV[3] == '0' and redis.call('HKEYS', KEYS[1]) or {}) do
  if string.sub(field, 1, 4) == 'pos:' and not named[field] then others[#others + 1] = string.sub(field, 5) end
end
if #others > 0 then return {'others', others} end

local names, groups_of, entries, length, any = {}, {}, {}, 0, false
for i = first_stream, #KEYS do
  local stream = KEYS[i]
  if redis.call('TYPE', stream)['ok'] == 'stream' then
    entries[i] = redis.call('XLEN', stream)
    length = length + entries[i]
    groups_of[i] = {}
    for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
      local group = pairs_of(flat)
      groups_of[i][group['name']] = group
      names[group['name']] = true
      any = true
    end
  end
end
if not any then return {'ok', length, 0} end

-- How much of a stream a group has not acknowledged. A group that has not come to a stream yet has all of it before it,
-- unless nothing is written there any more: a newer group never comes to it.
local function behind(i, name)
  local group, position = groups_of[i][name], redis.call('HGET', KEYS[1], 'pos:' .. KEYS[i])
  if not group and i - first_stream >= current then return 0 end
  local read = redis.call('HGET', KEYS[2], name .. ':' .. KEYS[i])
  -- More read than written: someone has deleted the stream and the place, and the relay counts anew.
  if read and position and tonumber(read) > tonumber(position) then read = 0 end
  local unread = read and position and position - read or group and group['lag'] or entries[i]
  return unread + (group and group['pending'] or 0)
end

local function acknowledged(i)
  local first
  for name in pairs(names) do
    local group = groups_of[i][name]
    if group then
      local place = group['last-delivered-id']
      if group['pending'] > 0 then place = redis.call('XPENDING', KEYS[i], name)[2] end
      if not first or earlier(place, first) then first = place end
    elseif i - first_stream < current then
      return nil
    end
  end
  return first
end

local most, former = 0, 0
for name in pairs(names) do
  local total, of_former = 0, 0
  for i in pairs(groups_of) do
    local count = behind(i, name)
    total = total + count
    if i - first_stream >= current then of_former = of_former + count end
  end
  if total >= most then most, former = total, of_former end
end
if ARGV[1] == '1' then
  for i in pairs(groups_of) do
    local place = acknowledged(i)
    if place then redis.call('XTRIM', KEYS[i], 'MINID', '~', place) end
  end
end
return {'ok', most, former}
"""
_SCRIPT = Script(_LAG, ("hash", "hash"))


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the slowest group is behind.

    Attributes:
        entries: the entries that it has not acknowledged; without a group, all entries.
        former: those of them that are in streams of a former number of partitions.
    """

    entries: int
    former: int


def lag(link: Link, keys: Keys, *, trim: bool = False) -> Lag:
    """Return how many entries the slowest group has not acknowledged, in all streams that the relay has written to.

    Args:
        link: the connection to Redis.
        keys: the keys of the stream.
        trim: whether to remove the entries that every group has acknowledged.

    Raises:
        Unreachable, RelayError: as `Link.run` does.
    """
    asked = [keys.state, keys.groups, *keys.streams]
    kind, *values = link.run(_SCRIPT, asked, int(trim), keys.partitions, 0)
    if text(kind) == "others":
        _, *values = link.run(_SCRIPT, [*asked, *map(text, values[0])], int(trim), keys.partitions, 1)
    entries, former = map(int, values)
    return Lag(entries, former)
