-- Picks a node by the hash of a key. Stands in for the library that Debian does not package.
local _M = {}
_M.__index = _M

function _M.new(_, nodes)
  local self = setmetatable({}, _M)
  self:reinit(nodes)
  return self
end

function _M.reinit(self, nodes)
  self.nodes = nodes
  self.order = {}
  for id in pairs(nodes) do
    self.order[#self.order + 1] = id
  end
  table.sort(self.order)
end

function _M.find(self, key)
  if #self.order == 0 then
    return nil
  end
  return self.order[ngx.crc32_short(tostring(key)) % #self.order + 1]
end

return _M
