import time, resource
from tests.databases import migrate
async def test_m(new_database):
    for _ in range(3):
        url = await new_database()
        t=time.time(); c=resource.getrusage(resource.RUSAGE_SELF).ru_utime
        await migrate(url)
        print("MIG", time.time()-t, resource.getrusage(resource.RUSAGE_SELF).ru_utime-c)
