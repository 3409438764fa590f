import sys, statistics, threading
from bench.server import *
def main():
    with server() as b:
        m=bench_module(); t=now(); b.register(m, ["one","three","chain_200","chain_50","hits_200","mapped","fan_500","fan_2000","inc","total"]); print("register", now()-t)
        p="programs." if False else m.__name__+"."
        for _ in range(20): b.launch(p+"one")
        ts=[]; c=b.cpu_s()
        for _ in range(150):
            t=now(); b.launch(p+"one"); ts.append((now()-t)*1e3)
        ts.sort(); print("S3 p50 %.2f p95 %.2f cpu ms %.2f"%(ts[75],ts[142],(b.cpu_s()-c)*1e3/150))
        for _ in range(3):
            c=b.cpu_s(); t=now(); b.launch(p+"chain_200"); d=now()-t; print("S4 chain ms/task %.3f cpu %.3f"%(d*5, (b.cpu_s()-c)*5))
        for n in ("fan_500","fan_2000"):
            for _ in range(2):
                c=b.cpu_s(); t=now(); b.launch(p+n); d=now()-t; k=int(n[4:]); print("S5",n,"%.0f/s cpu us %.0f"%(k/d, (b.cpu_s()-c)*1e6/k))
        for k in (500,2000,10000):
            c=b.cpu_s(); t=now(); b.launch(p+"mapped", int_inputs(xs=list(range(k)))); d=now()-t; print("S5 map",k,"%.0f/s cpu us %.0f"%(k/d,(b.cpu_s()-c)*1e6/k))
        b.launch(p+"hits_200")
        for _ in range(2):
            t=now(); b.launch(p+"hits_200"); d=now()-t; print("S8 hit ms %.3f"%(d*5))
        N=40
        def w():
            for _ in range(N): b.launch(p+"three")
        th=[threading.Thread(target=w) for _ in range(8)]; c=b.cpu_s(); t=now(); [x.start() for x in th]; [x.join() for x in th]; print("S5 3-task runs/s 8 clients %.0f cpu ms/run %.2f"%(8*N/(now()-t),(b.cpu_s()-c)*1e3/8/N))
        print("rss", b.rss_mib())
main()
