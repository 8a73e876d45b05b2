from gabagool.runtime.store import Store
class Linker:
    def __init__(self, store):
        self.store=store; self.d={}
    def define_host(self, module, name, functype, fn):
        self.d[module,name]=self.store.new_host_func(functype, fn, f"{module}.{name}")
        w=getattr(fn,'__self__',None)
    def imports(self): return self.d
