import redis, pytest, psycopg
from tests.support.proxy import Proxy

@pytest.mark.parametrize("n", range(4))
def test_r(redis_url, n):
    with redis.Redis.from_url(redis_url) as c:
        assert c.dbsize() == 0
        c.set("a", 1)

def test_kill(redis_server):
    redis_server.kill()

def test_app(client): print(client.get("/"))
def test_db(database):
    with database.app_context(): pass
def test_db2(database):
    with database.app_context(): pass
