"""How far the consumers are behind the relay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sse_client.relay._link import Link, Script

if TYPE_CHECKING:
    from sse_client.relay._keys import Keys

__all__ = ["lag"]

# KEYS: state, groups, then the streams. ARGV: 1 to trim what every group has acknowledged, else 0.
#
# Redis's own lag of a group counts an entry that was trimmed before it was read for as long as the stream exists. So
# the place that `consume` keeps is preferred; Redis's lag is used for groups of other programs.
_LAG: Final = r"""
local first_stream = 3
local totals, length, any = {}, 0, false

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

for i = first_stream, #KEYS do
  local stream = KEYS[i]
  if redis.call('TYPE', stream)['ok'] == 'stream' then
    local entries = redis.call('XLEN', stream)
    local position = redis.call('HGET', KEYS[1], 'pos:' .. stream)
    local acknowledged
    length = length + entries
    for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
      local group = pairs_of(flat)
      any = true
      local read = redis.call('HGET', KEYS[2], group['name'] .. ':' .. stream)
      -- More read than written: someone has deleted the stream and the place, and the relay counts anew.
      if read and position and tonumber(read) > tonumber(position) then read = 0 end
      local behind = read and position and position - read or group['lag'] or entries
      totals[group['name']] = (totals[group['name']] or 0) + behind + group['pending']
      local place = group['last-delivered-id']
      if group['pending'] > 0 then place = redis.call('XPENDING', stream, group['name'])[2] end
      if not acknowledged or earlier(place, acknowledged) then acknowledged = place end
    end
    if ARGV[1] == '1' and acknowledged then redis.call('XTRIM', stream, 'MINID', '~', acknowledged) end
  end
end
if not any then return length end
local most = 0
for _, total in pairs(totals) do most = math.max(most, total) end
return most
"""
_SCRIPT = Script(_LAG)


def lag(link: Link, keys: Keys, *, trim: bool = False) -> int:
    """Return how many entries the slowest group has not acknowledged; without a group, how many there are.

    Args:
        link: to Redis.
        keys: of the stream.
        trim: remove the entries that every group has acknowledged.

    Raises:
        Unreachable, RelayError: as `Link.run` does.
    """
    return int(link.run(_SCRIPT, [keys.state, keys.groups, *keys.streams], int(trim)))
