-- Open one item for a subject: count it once a window, refuse it above the limit.
-- KEYS[1]  the subject's set of items in this window
-- ARGV     item, limit, end of the window (unix seconds, 0: none), span from the first use (seconds, 0: none),
--          commit (1: count it; 0: only tell what would happen)
-- Returns  {outcome, used, seconds to the end or -1}; outcome 0 refused, 1 counted now, 2 open already
local used = redis.call('SCARD', KEYS[1])
local outcome = 0
if used > 0 and redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then
  outcome = 2
elseif used < tonumber(ARGV[2]) then
  outcome = 1
  if ARGV[5] == '1' then
    redis.call('SADD', KEYS[1], ARGV[1])
    if used == 0 and ARGV[3] ~= '0' then
      redis.call('EXPIREAT', KEYS[1], ARGV[3])
    elseif used == 0 and ARGV[4] ~= '0' then
      redis.call('EXPIRE', KEYS[1], ARGV[4])
    end
    used = used + 1
  end
end
return {outcome, used, ARGV[4] ~= '0' and redis.call('TTL', KEYS[1]) or -1}
