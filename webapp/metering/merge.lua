-- Add items to a subject's set: the union of what was open before, so that doing it twice changes nothing.
-- KEYS[1]  the subject's set
-- ARGV     end of the window (unix seconds, 0: none), span (seconds, 0: none), items…
-- Returns  the size of the set
local before = redis.call('SCARD', KEYS[1])
redis.call('SADD', KEYS[1], unpack(ARGV, 3))
if before == 0 and ARGV[1] ~= '0' then
  redis.call('EXPIREAT', KEYS[1], ARGV[1])
elseif before == 0 and ARGV[2] ~= '0' then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return redis.call('SCARD', KEYS[1])
