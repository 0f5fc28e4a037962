-- Grants emails within all limits: KEYS name their counters, one for each limit.
-- ARGV: the time in seconds ("" for the clock of Redis), the emails wanted, the slots of a period,
-- then the emails and the seconds of each limit. Returns the emails granted, and the seconds to wait.
--
-- Grants are counted in slots of each period; a slot counts until the last moment in it is a whole
-- period ago. So in no period, wherever it starts, more is granted than its limit. A token bucket
-- would grant twice the limit in the first period.
local now, granted, wait = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local slots, places = tonumber(ARGV[3]), {}
for i, key in ipairs(KEYS) do
  local limit, width = tonumber(ARGV[2 + 2 * i]), tonumber(ARGV[3 + 2 * i]) / slots
  local this, used, oldest = math.floor(now / width), 0, nil
  local counted = redis.call('HGETALL', key)
  for j = 1, #counted, 2 do
    local slot = tonumber(counted[j])
    if slot < this - slots then
      redis.call('HDEL', key, counted[j])
    else
      used = used + tonumber(counted[j + 1])
      oldest = math.min(oldest or slot, slot)
    end
  end
  granted = math.min(granted, limit - used)
  if limit - used < 1 then
    wait = math.max(wait, ((oldest or this) + slots + 1) * width - now)
  end
  places[i] = {key, this, width}
end
if granted < 1 then return {0, tostring(wait)} end
for _, place in ipairs(places) do
  redis.call('HINCRBY', place[1], string.format('%d', place[2]), granted)
  redis.call('EXPIRE', place[1], math.ceil(place[3] * slots * 2) + 60)
end
return {granted, '0'}
